import type { Clock } from '../core/clock.js';
import type { Path } from '../core/path.js';
import type { Place } from './link.js';
import type { Answer } from './question.js';

const maxEntries = 10_000;

export interface CacheLimits {
  /** How long an answer is given without asking again. 0 asks every time. */
  readonly ttlMs: number;
  /** How long an answer may stand in for a store that is out of reach. 0 never. */
  readonly maxStaleMs: number;
}

/** What is remembered and needs no asking now. */
export interface Kept {
  readonly answer: Answer;
  /** From when on it is asked for anew in the background if somebody wants it, on the monotonic clock. */
  refreshAtMs: number;
}

interface Entry extends Kept {
  /** Until when it is given as it is, on the monotonic clock. */
  freshUntilMs: number;
  /** Until when it is given, as degraded, because the stores failed a moment ago. */
  heldUntilMs: number;
  /** Whether somebody wanted it since it was last looked at for removal. */
  isUsed: boolean;
}

/** The last answer to each question, in memory only, at most 10,000: one unused for long goes first. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Which drop was the last one of what was read at a path. */
  readonly #lastDrops = new Map<Path, number>();
  /** The same for every path that is not in the map. */
  #lastOtherDrop = 0;
  #drops = 0;
  #lastExpiry = 0;

  /** `random` spreads refreshes: from 0 up to 1. */
  constructor(clock: Clock, limits: CacheLimits, random: () => number) {
    this.#clock = clock;
    this.#limits = limits;
    this.#random = random;
  }

  /** The answer that needs no asking now: young enough, or the stores failed a moment ago. */
  fresh(key: string, nowMs: number): Kept | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (nowMs < entry.freshUntilMs) {
      entry.isUsed = true;
      return entry;
    }
    if (nowMs >= entry.heldUntilMs) return undefined;
    entry.isUsed = true;
    return { answer: { ...entry.answer, degraded: true }, refreshAtMs: Number.POSITIVE_INFINITY };
  }

  /**
   * The last good answer while this store is out of reach, marked as degraded; `undefined` when it is too old. What a
   * store answered in place of another is the last good one for itself alone.
   */
  lastGood(key: string, provider: string): Answer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#clock.monotonic() >= this.#staleAtMs(entry.answer)) return undefined;
    const { answer } = entry;
    if (answer.degraded && answer.provider !== provider) return undefined;
    entry.isUsed = true;
    entry.heldUntilMs = this.#pauseEndMs(answer);
    return { ...answer, degraded: true };
  }

  /**
   * Counts what makes answers of readings under way unfit to be kept: to be noted when a reading begins, and handed to
   * `keep` with its answer.
   */
  get drops(): number {
    return this.#drops;
  }

  /**
   * Keeps the answer unless the one kept was read later, or its place was dropped since the reading began. One whose
   * reading began before the last expiry is kept as a last good answer only. Answers whether it was kept.
   */
  keep(key: string, answer: Answer, dropsBefore: number): boolean {
    const lastDrop = this.#lastDrops.get(answer.ref.path) ?? this.#lastOtherDrop;
    if (lastDrop > dropsBefore) return false;
    const present = this.#entries.get(key);
    if (present !== undefined && present.answer.readAtMs > answer.readAtMs) return false;
    this.#entries.delete(key);
    this.#makeRoom();
    const isYoung = !answer.degraded && dropsBefore >= this.#lastExpiry;
    this.#entries.set(key, {
      answer,
      freshUntilMs: isYoung ? answer.readAtMs + this.#limits.ttlMs : 0,
      refreshAtMs: answer.readAtMs + refreshAfterMs(this.#limits.ttlMs, this.#random),
      heldUntilMs: answer.degraded ? this.#pauseEndMs(answer) : 0,
      isUsed: false,
    });
    return true;
  }

  /** Drops the answer to one question; with a provider, only when that one gave it. */
  forget(key: string, provider?: string): void {
    const isMeant = provider === undefined || this.#entries.get(key)?.answer.provider === provider;
    if (isMeant) this.#entries.delete(key);
  }

  /** Drops everything that was read at one of the places, for whichever question and from whichever store. */
  forgetPlaces(places: readonly Place[]): void {
    for (const [key, { answer }] of this.#entries) {
      if (liesIn(answer, places)) this.#entries.delete(key);
    }
    this.#drops += 1;
    for (const { ref } of places) this.#noteDropped(ref.path);
  }

  /** Makes the next call ask anew for everything, or for what was read at one of the places. It stays a last good answer. */
  expire(places?: readonly Place[]): void {
    for (const entry of this.#entries.values()) {
      if (places !== undefined && !liesIn(entry.answer, places)) continue;
      entry.freshUntilMs = 0;
      entry.heldUntilMs = 0;
    }
    this.#drops += 1;
    this.#lastExpiry = this.#drops;
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

  /** Passes over, once, what was used since it was last passed over: so a hit only has to leave a mark. */
  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size < maxEntries) return;
      this.#entries.delete(key);
      if (!entry.isUsed) continue;
      entry.isUsed = false;
      this.#entries.set(key, entry);
    }
  }

  #staleAtMs({ readAtMs }: Answer): number {
    return readAtMs + this.#limits.maxStaleMs;
  }

  #pauseEndMs(answer: Answer): number {
    const pauseMs = outagePauseMs(this.#limits.ttlMs, this.#random);
    return Math.min(this.#clock.monotonic() + pauseMs, this.#staleAtMs(answer));
  }
}

/** How long after its reading a value in use is asked for anew: three quarters of its time and a little more. */
export function refreshAfterMs(ttlMs: number, random: () => number): number {
  return ttlMs * (0.75 + 0.15 * random());
}

/**
 * How long the stores are left alone after an outage was met while there still is an answer to give: half the time to
 * live and up to three quarters of it. However many processes lose a store at one moment, they come back to it spread
 * out, and no faster than they ask it on a good day.
 */
export function outagePauseMs(ttlMs: number, random: () => number): number {
  return ttlMs * (0.5 + 0.25 * random());
}

/** Whether the answer was read at one of the places. */
export function liesIn({ ref }: Answer, places: readonly Place[]): boolean {
  return places.some((place) => {
    if (place.ref.path !== ref.path) return false;
    return place.ref.field === undefined || ref.field === undefined || place.ref.field === ref.field;
  });
}
