import type { AccessEntry, LostEntries } from '../core/access-entry.js';
import { type Clock, sleep, type Timer } from '../core/clock.js';
import { type ErrorCode, type KeywardError, toKeywardError } from '../core/errors.js';
import type { AccessSink } from './access-sink.js';

export const maxWaiting = 10_000;
const maxBatch = 500;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
const closingMs = 5_000;
const passing: ReadonlySet<ErrorCode> = new Set(['unavailable', 'throttled', 'timeout']);

export interface SinkQueueParts {
  readonly sink: AccessSink;
  readonly clock: Clock;
  /** Makes the entry that says how many others could not be handed over. */
  readonly lostEntry: (count: number) => LostEntries;
  /** Told of the first failure after a success. */
  readonly onFailure: (sink: string, error: KeywardError) => void;
}

/** What waits for one sink: at most 10,000 entries, so that one that is down takes neither memory nor anybody's time. */
export class SinkQueue {
  readonly #parts: SinkQueueParts;
  #waiting: AccessEntry[] = [];
  /** Entries that could not be handed over, and that no entry has told of yet. */
  #lost = 0;
  /** Entries that the sink has been given and has not answered for. */
  #underWay = 0;
  #failures = 0;
  #retry: Timer | undefined;
  #isSending = false;
  #isClosed = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: SinkQueueParts) {
    this.#parts = parts;
  }

  add(entries: readonly AccessEntry[]): void {
    for (const entry of entries) {
      if (this.#waiting.length < maxWaiting) this.#waiting.push(entry);
      else this.#lost += 1;
    }
  }

  /** Hands over what waits, unless that is under way or the sink failed a moment ago. Never throws. */
  send(): Promise<void> {
    if (!this.#isSending && this.#retry === undefined) this.#sending = this.#sendAll();
    return this.#sending;
  }

  /** Hands over what waits as far as that is possible at once: nothing else happens while a process exits. */
  sendAtExit(): void {
    if (this.#waiting.length === 0) return;
    const entries = this.#waiting.splice(0);
    this.#parts.sink.write(entries).catch(() => {});
  }

  /**
   * Hands over what waits within five seconds, and closes the sink. Answers how many entries are lost. Never throws.
   */
  async close(): Promise<number> {
    const { sink, clock } = this.#parts;
    const patience = new AbortController();
    const drained = this.#sending.then(() => {
      this.#stopWaiting();
      return this.send();
    });
    await Promise.race([drained, sleep(clock, closingMs, patience.signal).catch(() => {})]);
    patience.abort();
    this.#isClosed = true;
    this.#stopWaiting();
    const lost = this.#lost + this.#underWay + this.#waiting.splice(0).length;
    await sink.close().catch(() => {});
    return lost;
  }

  async #sendAll(): Promise<void> {
    const { sink, lostEntry } = this.#parts;
    this.#isSending = true;
    while (!this.#isClosed && this.#retry === undefined && this.#waiting.length + this.#lost > 0) {
      const told = this.#lost;
      const batch = this.#waiting.splice(0, maxBatch);
      this.#underWay = batch.length;
      try {
        await sink.write(told === 0 ? batch : [lostEntry(told), ...batch]);
        this.#lost -= told;
        this.#failures = 0;
      } catch (cause) {
        this.#onFailure(toKeywardError(cause, `writing to ${sink.name}`), batch);
      }
      this.#underWay = 0;
    }
    this.#isSending = false;
  }

  #onFailure(error: KeywardError, batch: readonly AccessEntry[]): void {
    const { sink, clock, onFailure } = this.#parts;
    if (passing.has(error.code)) {
      const later = this.#waiting;
      this.#waiting = [...batch];
      this.add(later);
    } else {
      this.#lost += batch.length;
    }
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
    this.#failures += 1;
    if (this.#failures === 1) onFailure(sink.name, error);
    if (this.#isClosed) return;
    const retry = () => {
      this.#retry = undefined;
      void this.send();
    };
    this.#retry = clock.after(pauseMs, retry, { background: true });
  }

  #stopWaiting(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }
}
