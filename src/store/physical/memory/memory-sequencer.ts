import { type Clock, systemClock } from '../../../core/clock.js';
import { KeywardError } from '../../../core/errors.js';
import type { Sequencer, Step } from '../sequencer.js';

interface Waiting {
  run(): void;
}

/** One state in this process; nothing outlives it. */
export class MemorySequencer implements Sequencer {
  readonly #clock: Clock;
  #state: Uint8Array | undefined;
  #holders = 0;
  #isClosed = false;
  #isRunning = false;
  #waiting: Waiting[] = [];

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  exclusive<T>(step: (state: Uint8Array | undefined) => Step<T>, options: { deadlineMs?: number } = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(closedError());
        return;
      }
      const waiting: Waiting = {
        run: () => {
          timer?.cancel();
          try {
            if (this.#isClosed) throw closedError();
            resolve(this.#take(step));
          } catch (error) {
            reject(error);
          }
        },
      };
      const expire = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new KeywardError('timeout', 'the turn at the sequencer in memory did not come in time'));
      };
      const timer = options.deadlineMs === undefined ? undefined : this.#clock.after(options.deadlineMs, expire);
      this.#waiting.push(waiting);
      this.#runWaiting();
    });
  }

  /** Takes the turn as another process would that does not move. Returns how to let go. */
  hold(): () => void {
    this.#holders += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      this.#runWaiting();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#holders = 0;
    this.#runWaiting();
  }

  #runWaiting(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#holders === 0) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      next.run();
    }
    this.#isRunning = false;
  }

  #take<T>(step: (state: Uint8Array | undefined) => Step<T>): T {
    const { state, result } = step(this.#state && Uint8Array.from(this.#state));
    if (state !== undefined) this.#state = Uint8Array.from(state);
    return result;
  }
}

function closedError(): KeywardError {
  return new KeywardError('unavailable', 'the sequencer in memory is closed');
}
