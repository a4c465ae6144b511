import type { Clock } from '../../core/clock.js';
import { parseDuration } from '../../core/duration.js';
import { KeywardError } from '../../core/errors.js';

/** What a key may do; without a limit, anything. Counted are the requests that this process accepted. */
export interface KeyLimits {
  /** At most so many requests in each window of `per`: `{ requests: 100, per: '1m' }`. One begins with its first request. */
  readonly rate?: { readonly requests: number; readonly per: string } | undefined;
  /** At most so many requests in all. */
  readonly total?: number | undefined;
  /** From then on nothing is accepted. */
  readonly expires?: Date | undefined;
}

/** Counts of one key since it was taken into the set. */
export interface KeyUsage {
  readonly accepted: number;
  /** Of the accepted ones, those with the former value: whoever sends them has not switched yet. */
  readonly previous: number;
  /** Right values that a limit refused. */
  readonly refused: number;
  /** When a right value was presented last. */
  readonly lastAt: Date | undefined;
}

export type KeyRefusal =
  | { readonly answer: 'expired' | 'exhausted' }
  | { readonly answer: 'throttled'; readonly retryAfterMs: number };

/** Holds one key to its limits, and counts. It takes the same memory however much the key is used. */
export class KeyMeter {
  readonly #clock: Clock;
  #limits: KeyLimits = {};
  #perMs = 0;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #inWindow = 0;
  #usage: KeyUsage = { accepted: 0, previous: 0, refused: 0, lastAt: undefined };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Limits that hold from now on; what was counted stays. @throws KeywardError `invalid` for limits that are none. */
  hold(limits: KeyLimits): void {
    const { rate, total, expires } = limits;
    const perMs = rate === undefined ? 0 : parseDuration(rate.per);
    if (rate !== undefined && perMs === 0) throw invalid('a window of requests is longer than 0 ms');
    for (const count of [rate?.requests, total]) {
      if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0)) {
        throw invalid('a number of requests is a whole number from 0');
      }
    }
    if (expires !== undefined && !(expires instanceof Date && Number.isFinite(expires.getTime()))) {
      throw invalid('the expiry of a key is a Date');
    }
    this.#limits = { rate: rate && { ...rate }, total, expires: expires && new Date(expires) };
    this.#perMs = perMs;
    this.#windowEndsAt = Math.min(this.#windowEndsAt, this.#clock.monotonic() + perMs);
  }

  /** Counts a right value. Answers why it is not accepted all the same, `undefined` when it is. */
  take(isPrevious: boolean): KeyRefusal | undefined {
    const refusal = this.#refusal();
    const { accepted, previous, refused } = this.#usage;
    const isAccepted = refusal === undefined;
    this.#usage = {
      accepted: accepted + Number(isAccepted),
      previous: previous + Number(isAccepted && isPrevious),
      refused: refused + Number(!isAccepted),
      lastAt: new Date(this.#clock.now()),
    };
    if (isAccepted) this.#inWindow += 1;
    return refusal;
  }

  get usage(): KeyUsage {
    return this.#usage;
  }

  #refusal(): KeyRefusal | undefined {
    const { rate, total, expires } = this.#limits;
    if (expires !== undefined && this.#clock.now() >= expires.getTime()) return { answer: 'expired' };
    if (total !== undefined && this.#usage.accepted >= total) return { answer: 'exhausted' };
    const now = this.#clock.monotonic();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + this.#perMs;
      this.#inWindow = 0;
    }
    if (rate === undefined || this.#inWindow < rate.requests) return undefined;
    return { answer: 'throttled', retryAfterMs: this.#windowEndsAt - now };
  }
}

function invalid(message: string): KeywardError {
  return new KeywardError('invalid', message, { advice: "Write limits like { rate: { requests: 100, per: '1m' } }." });
}
