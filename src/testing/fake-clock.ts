import type { Clock, Timer } from '../core/clock.js';

interface Pending {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to; its timers run while it moves, in order. */
export class FakeClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { due: this.#elapsed + delayMs, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves both clocks forward; due timers run, and what they wait for gets a turn of the event loop each. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = [...this.#pending].filter((p) => p.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#move(next.due - this.#elapsed);
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#move(end - this.#elapsed);
  }

  /** Moves the host's clock only, as an operator or a time server would. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #move(ms: number): void {
    this.#elapsed += ms;
    this.#now += ms;
  }
}
