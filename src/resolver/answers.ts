import type { Clock } from '../core/clock.js';
import { KeywardError, toKeywardError } from '../core/errors.js';
import type { Observer } from '../core/observer.js';
import type { AnswerCache } from './answer-cache.js';
import { batchedLinks } from './batched-provider.js';
import type { Chain } from './chain.js';
import type { AskedLink, Link } from './link.js';
import type { Answer, Inquiry, Question } from './question.js';
import { SingleFlight } from './single-flight.js';

/** How long the result of a forced refresh stands for the next ones of the same question. */
export const forcedPauseMs = 5_000;

export interface AnswersParts {
  readonly links: readonly Link[];
  readonly chain: Chain;
  readonly cache: AnswerCache;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Spreads retries: from 0 up to 1. */
  readonly random: () => number;
}

/** Hears how every asking of the chain ended, whoever asked. */
export type OutcomeListener = (inquiry: Inquiry, outcome: Answer | KeywardError) => void;

/** How the chain is asked when it is not as usual. */
interface Via {
  /** Stand for the links of the inquiry. */
  readonly links?: readonly AskedLink[];
  readonly random?: () => number;
}

/** The chain with its memory: what is remembered is given, what is not is asked for once, however many want it. */
export class Answers {
  readonly #parts: AnswersParts;
  readonly #onOutcome: OutcomeListener;
  readonly #flights = new SingleFlight<Answer>();
  readonly #forced = new Map<string, Promise<Answer>>();

  constructor(parts: AnswersParts, onOutcome: OutcomeListener) {
    this.#parts = parts;
    this.#onOutcome = onOutcome;
  }

  /**
   * The question put to the chain, or to one link of it.
   *
   * @throws KeywardError `invalid` when no link has the name.
   */
  inquire(question: Question, provider?: string): Inquiry {
    const { links } = this.#parts;
    if (provider === undefined) return { question, links, key: question.key };
    const link = links.find((candidate) => candidate.provider.name === provider);
    if (link === undefined) {
      throw new KeywardError('invalid', 'no store of the chain has the name that was given', {
        advice: `The stores are: ${links.map((candidate) => candidate.provider.name).join(', ')}.`,
      });
    }
    // A field may contain anything but control characters, so only one of those keeps the keys apart.
    return { question, links: [link], key: `${question.key}\n${provider}` };
  }

  /** What is remembered and needs no asking. In the last part of its time it is asked for anew in the background. */
  remembered(inquiry: Inquiry): Answer | undefined {
    const { cache, clock } = this.#parts;
    const nowMs = clock.monotonic();
    const kept = cache.fresh(inquiry.key, nowMs);
    if (kept === undefined) return undefined;
    if (nowMs >= kept.refreshAtMs) {
      kept.refreshAtMs = Number.POSITIVE_INFINITY;
      this.renew(inquiry);
    }
    this.#observeRemembered(inquiry.question, kept.answer);
    return kept.answer;
  }

  /** @throws as `Chain.ask`; the signal's reason. */
  async answer(inquiry: Inquiry, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    return this.remembered(inquiry) ?? this.#ask(inquiry, signal);
  }

  /** As `answer` for each, in order, errors as values: one call for each store that has a batch read. */
  async answerAll(inquiries: readonly Inquiry[], signal?: AbortSignal): Promise<readonly (Answer | KeywardError)[]> {
    signal?.throwIfAborted();
    const batched = new Map<AskedLink, AskedLink>();
    // Retries after the same pause meet in one batch again.
    const spread = this.#parts.random();
    return Promise.all(
      inquiries.map(async (inquiry) => {
        const via = { links: batchedLinks(inquiry.links, batched), random: () => spread };
        try {
          return this.remembered(inquiry) ?? (await this.#ask(inquiry, signal, via));
        } catch (error) {
          signal?.throwIfAborted();
          return toKeywardError(error, `reading ${inquiry.question.title}`);
        }
      }),
    );
  }

  /** Asks anew in the background, unless that is under way; the outcome goes to the listener. */
  renew(inquiry: Inquiry): void {
    this.#ask(inquiry, undefined).catch(() => {});
  }

  /**
   * Asks the chain now, past what is remembered and past calls under way. Within 5 s of the last time, gives what that
   * one gave or threw.
   *
   * @throws as `Chain.ask`.
   */
  force(inquiry: Inquiry): Promise<Answer> {
    const { cache, clock } = this.#parts;
    const { key, question } = inquiry;
    const last = this.#forced.get(key);
    if (last !== undefined) return last;
    cache.expire(question.places);
    this.#flights.detach(key);
    const forced = this.#ask(inquiry, undefined);
    this.#forced.set(key, forced);
    clock.after(forcedPauseMs, () => this.#forced.delete(key), { background: true });
    return forced;
  }

  /** Makes every next call ask its stores, since something in them may have changed. */
  expire(): void {
    this.#parts.cache.expire();
    this.#flights.detach();
  }

  close(reason: KeywardError): void {
    this.#flights.abortAll(reason);
    this.#parts.cache.clear();
    this.#forced.clear();
  }

  async #ask(inquiry: Inquiry, signal: AbortSignal | undefined, via: Via = {}): Promise<Answer> {
    const { links = inquiry.links, random } = via;
    const { isJoined, result } = this.#flights.run(inquiry.key, signal, async (shared) => {
      try {
        const answer = await this.#parts.chain.ask({ ...inquiry, links }, shared, random && { random });
        this.#onOutcome(inquiry, answer);
        return answer;
      } catch (error) {
        if (error instanceof KeywardError && !shared.aborted) this.#onOutcome(inquiry, error);
        throw error;
      }
    });
    const answer = await result;
    if (isJoined) this.#observeRemembered(inquiry.question, answer);
    return answer;
  }

  #observeRemembered({ path }: Question, { provider, version, degraded }: Answer): void {
    const { observer } = this.#parts;
    observer.access({ path, provider, outcome: 'found', version, cached: true, degraded, durationMs: 0 });
  }
}
