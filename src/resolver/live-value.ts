import type { Clock, Timer } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { liesIn, outagePauseMs, refreshAfterMs } from './answer-cache.js';
import { isOutage } from './failures.js';
import type { Place } from './link.js';
import { Listeners } from './listeners.js';
import type { Answer, Inquiry } from './question.js';

/** A value in use is asked for at most this often, whatever its time to live. */
const minLifeMs = 5_000;
/** Hints of a store lead to at most one asking in this time. */
const hintPauseMs = 1_000;
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;
/** Timers of the platform cannot wait for longer than 24 days. */
const longestTimerMs = 86_400_000;

/** What a handle holds on to. */
export interface CurrentValue {
  /** @throws KeywardError why there is none. */
  readonly secret: Secret;
  readonly changes: Listeners<[secret: Secret, previous: Secret]>;
  readonly errors: Listeners<[error: KeywardError]>;
}

export interface LiveTools {
  readonly clock: Clock;
  /** Spreads refreshes: from 0 up to 1. */
  readonly random: () => number;
  readonly ttlMs: number;
  readonly maxStaleMs: number;
  /** Asks anew in the background; the outcome comes back through `take`. */
  readonly renew: (inquiry: Inquiry) => void;
  readonly secretOf: (answer: Answer) => Secret;
}

/**
 * A value kept current for as long as somebody holds it. It is there while `get` would give it: past an outage until it
 * is too old, and no longer once a store refuses it or attests that it is gone. Asks anew ahead of time, at a hint within
 * a second, and after a failure at its usual pace; with growing pauses while there is no value.
 */
export class LiveValue implements CurrentValue {
  readonly changes = new Listeners<[secret: Secret, previous: Secret]>();
  readonly errors = new Listeners<[error: KeywardError]>();
  readonly #inquiry: Inquiry;
  readonly #tools: LiveTools;
  #secret: Secret | undefined;
  #failure: KeywardError | undefined;
  /** Also while nothing is given: what the next value is compared with. */
  #last: Secret;
  #answer: Answer;
  #askedAtMs: number;
  #failures = 0;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;

  constructor(inquiry: Inquiry, answer: Answer, tools: LiveTools) {
    this.#inquiry = inquiry;
    this.#tools = tools;
    this.#last = tools.secretOf(answer);
    this.#answer = answer;
    this.#askedAtMs = answer.readAtMs;
    this.#accept(answer);
  }

  /** What is asked for, for messages. */
  get title(): string {
    return this.#inquiry.question.title;
  }

  /** @throws KeywardError why there is no value: a refusal, absence, or an outage that has lasted too long. */
  get secret(): Secret {
    if (this.#secret !== undefined) return this.#secret;
    throw this.#failure;
  }

  /** The answer that gave the value. @throws as `secret`. */
  get answer(): Answer {
    if (this.#secret !== undefined) return this.#answer;
    throw this.#failure;
  }

  /** Whether there is a value, read at one of the places. */
  wasReadIn(places: readonly Place[]): boolean {
    return this.#secret !== undefined && liesIn(this.#answer, places);
  }

  /** How an asking for this value ended. */
  take(outcome: Answer | KeywardError): void {
    if (outcome instanceof KeywardError) {
      this.#failures += 1;
      const isLost = !isOutage(outcome) || this.#now() >= this.#untilMs();
      this.#schedule(isLost ? this.#growingPauseMs() : this.#outagePauseMs());
      if (isLost) this.#lose(outcome);
      return;
    }
    if (outcome.readAtMs < this.#answer.readAtMs) return;
    const previous = this.#last;
    const secret = this.#accept(outcome);
    if (!secret.equals(previous)) this.changes.tell(secret, previous);
  }

  /** Something in a store may have changed. */
  hint(): void {
    this.#schedule(this.#askedAtMs + hintPauseMs - this.#now());
  }

  /** Ends it: no value is given any more, nothing is asked and nobody told. */
  stop(reason: KeywardError): void {
    this.#secret = undefined;
    this.#failure = reason;
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    this.changes.clear();
    this.errors.clear();
  }

  #accept(answer: Answer): Secret {
    const secret = this.#tools.secretOf(answer);
    this.#secret = secret;
    this.#last = secret;
    this.#failure = undefined;
    this.#answer = answer;
    this.#failures = answer.degraded ? this.#failures + 1 : 0;
    this.#expireInTime();
    const dueAtMs = answer.readAtMs + refreshAfterMs(this.#lifeMs(), this.#tools.random);
    this.#schedule(answer.degraded ? this.#outagePauseMs() : dueAtMs - this.#now());
    return secret;
  }

  #expireInTime(): void {
    this.#expiry?.cancel();
    const leftMs = this.#untilMs() - this.#now();
    if (leftMs <= 0) this.#expire();
    else this.#expiry = this.#after(leftMs, () => this.#expireInTime());
  }

  #expire(): void {
    const { question } = this.#inquiry;
    const ageS = Math.round((this.#now() - this.#answer.readAtMs) / 1000);
    this.#lose(
      new KeywardError(
        'unavailable',
        `${question.title} was last read ${ageS} s ago, and no store has answered since`,
        {
          path: question.path,
        },
      ),
    );
  }

  #lose(error: KeywardError): void {
    const hadValue = this.#secret !== undefined;
    this.#secret = undefined;
    this.#failure = error;
    if (hadValue) this.errors.tell(error);
  }

  #schedule(delayMs: number): void {
    this.#refresh?.cancel();
    const ask = () => {
      this.#askedAtMs = this.#now();
      this.#tools.renew(this.#inquiry);
    };
    this.#refresh = this.#after(delayMs, ask);
  }

  #outagePauseMs(): number {
    return outagePauseMs(this.#lifeMs(), this.#tools.random);
  }

  /** Between attempts to have a value again. */
  #growingPauseMs(): number {
    const longestMs = Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs);
    return longestMs * (0.5 + this.#tools.random() / 2);
  }

  /** When the value is too old to be given. */
  #untilMs(): number {
    return this.#answer.readAtMs + Math.max(this.#lifeMs(), this.#tools.maxStaleMs);
  }

  #lifeMs(): number {
    return Math.max(this.#tools.ttlMs, minLifeMs);
  }

  #after(delayMs: number, callback: () => void): Timer {
    const boundedMs = Math.min(Math.max(0, delayMs), longestTimerMs);
    return this.#tools.clock.after(boundedMs, callback, { background: true });
  }

  #now(): number {
    return this.#tools.clock.monotonic();
  }
}
