import type { Clock } from '../core/clock.js';
import type { Path } from '../core/path.js';
import type { Place } from './link.js';
import type { Answer } from './question.js';

/** How long an answer given in an outage is given again before the stores are asked once more. */
export const outagePauseMs = 5_000;

const maxEntries = 10_000;

export interface CacheLimits {
  /** How long an answer is given without asking again. 0 asks every time. */
  readonly ttlMs: number;
  /** How long an answer may stand in for a store that is out of reach. 0 never. */
  readonly maxStaleMs: number;
}

interface Entry {
  readonly answer: Answer;
  /** Until when it is given without asking although it is degraded or past its time, on the monotonic clock. */
  readonly heldUntilMs: number;
}

/** The last answer to each question, in memory only, at most 10,000: the one unused for longest goes first. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #entries = new Map<string, Entry>();
  /** Which drop was the last one of what was read at a path. */
  readonly #lastDrops = new Map<Path, number>();
  /** The same for every path that is not in the map. */
  #lastOtherDrop = 0;
  #drops = 0;

  constructor(clock: Clock, limits: CacheLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The answer that needs no asking now: young enough, or the stores failed a moment ago. */
  fresh(key: string): Answer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { answer, heldUntilMs } = entry;
    const isYoung = !answer.degraded && this.#ageMs(answer) < this.#limits.ttlMs;
    const isHeld = this.#clock.monotonic() < heldUntilMs && this.#ageMs(answer) < this.#limits.maxStaleMs;
    if (!isYoung && !isHeld) return undefined;
    this.#put(key, entry);
    return isYoung ? answer : { ...answer, degraded: true };
  }

  /**
   * The last good answer while this store is out of reach, marked as degraded; `undefined` when it is too old. What a
   * store answered in place of another is the last good one for itself alone.
   */
  lastGood(key: string, provider: string): Answer | undefined {
    const answer = this.#entries.get(key)?.answer;
    if (answer === undefined || this.#ageMs(answer) >= this.#limits.maxStaleMs) return undefined;
    if (answer.degraded && answer.provider !== provider) return undefined;
    this.#put(key, { answer, heldUntilMs: this.#pauseEndMs() });
    return { ...answer, degraded: true };
  }

  /** How often places were dropped so far: to be noted when a reading begins, and handed to `keep` with its answer. */
  get drops(): number {
    return this.#drops;
  }

  /** Keeps the answer unless the one kept was read later, or its place was dropped since the reading began. */
  keep(key: string, answer: Answer, dropsBefore: number): void {
    const lastDrop = this.#lastDrops.get(answer.ref.path) ?? this.#lastOtherDrop;
    if (lastDrop > dropsBefore) return;
    const present = this.#entries.get(key);
    if (present !== undefined && present.answer.readAtMs > answer.readAtMs) return;
    this.#put(key, { answer, heldUntilMs: answer.degraded ? this.#pauseEndMs() : 0 });
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Drops the answer to one question; with a provider, only when that one gave it. */
  forget(key: string, provider?: string): void {
    const isMeant = provider === undefined || this.#entries.get(key)?.answer.provider === provider;
    if (isMeant) this.#entries.delete(key);
  }

  /** Drops everything that was read at one of the places, for whichever question and from whichever store. */
  forgetPlaces(places: readonly Place[]): void {
    for (const [key, { answer }] of this.#entries) {
      if (places.some(({ ref }) => overlaps(ref, answer.ref))) this.#entries.delete(key);
    }
    this.#drops += 1;
    for (const { ref } of places) this.#noteDropped(ref.path);
  }

  clear(): void {
    this.#entries.clear();
  }

  #noteDropped(path: Path): void {
    this.#lastDrops.delete(path);
    this.#lastDrops.set(path, this.#drops);
    const [oldest] = this.#lastDrops;
    if (this.#lastDrops.size <= maxEntries || oldest === undefined) return;
    this.#lastDrops.delete(oldest[0]);
    this.#lastOtherDrop = oldest[1];
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #ageMs(answer: Answer): number {
    return this.#clock.monotonic() - answer.readAtMs;
  }

  #pauseEndMs(): number {
    return this.#clock.monotonic() + Math.min(outagePauseMs, this.#limits.ttlMs);
  }
}

function overlaps(one: Place['ref'], other: Place['ref']): boolean {
  if (one.path !== other.path) return false;
  return one.field === undefined || other.field === undefined || one.field === other.field;
}
