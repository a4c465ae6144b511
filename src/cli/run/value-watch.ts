import type { Clock, Timer } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';

export type Values = ReadonlyMap<string, Secret>;

export interface ValueWatchOptions {
  /** What the program would get now. */
  readonly read: () => Promise<Values>;
  /** How often the stores are asked when none of them says that something changed. */
  readonly intervalMs: number;
  /** Has the function called when something may have changed; answers how to stop that. */
  readonly subscribe: (onHint: () => void) => () => void;
  readonly clock: Clock;
  /** Told what the person who started it should know; never a value. */
  readonly report: (text: string) => void;
}

/** The values after a change, and the names that now have another one or none. */
export interface Change {
  readonly values: Values;
  readonly names: readonly string[];
}

/** A change of several secrets comes in several hints. */
const settleMs = 200;

/** Waits for values to change: asks the stores at an interval, and when one hints at a change. */
export class ValueWatch {
  readonly #options: ValueWatchOptions;
  readonly #unsubscribe: () => void;
  #isHinted = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  #reported: string | undefined;

  constructor(options: ValueWatchOptions) {
    this.#options = options;
    this.#unsubscribe = options.subscribe(() => {
      this.#isHinted = true;
      this.#wake?.();
    });
  }

  /**
   * What changed, once the values differ from these; the stores are not asked before the given time on the monotonic clock. When
   * they cannot be read, that is reported once, and they are asked for again later. Never settles after `close`.
   */
  async next(known: Values, notBeforeMs: number): Promise<Change> {
    const { clock, intervalMs } = this.#options;
    while (!this.#isClosed) {
      if (!this.#isHinted) await this.#wait(intervalMs, true);
      await this.#wait(Math.max(settleMs, notBeforeMs - clock.monotonic()), false);
      this.#isHinted = false;
      const values = await this.#read();
      const names = values === undefined ? [] : changedNames(known, values);
      if (values !== undefined && names.length > 0) return { values, names };
    }
    return new Promise(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#timer?.cancel();
  }

  #wait(durationMs: number, untilHint: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#timer?.cancel();
        this.#wake = undefined;
        resolve();
      };
      this.#timer = this.#options.clock.after(durationMs, done, { background: true });
      if (untilHint) this.#wake = done;
    });
  }

  async #read(): Promise<Values | undefined> {
    try {
      const values = await this.#options.read();
      this.#reported = undefined;
      return values;
    } catch (error) {
      const { message } = toKeywardError(error, 'reading the values');
      if (message !== this.#reported) this.#options.report(`the program keeps the values that it has: ${message}`);
      this.#reported = message;
      return undefined;
    }
  }
}

function changedNames(before: Values, after: Values): readonly string[] {
  const isSame = (name: string) => {
    const [one, other] = [before.get(name), after.get(name)];
    return one !== undefined && other !== undefined && one.equals(other);
  };
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => !isSame(name));
}
