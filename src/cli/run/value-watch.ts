import type { Clock, Timer } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';

export type Values = ReadonlyMap<string, Secret>;

/** The stores that the values come from, open. */
export interface ValueSource {
  /** What the program would get now. */
  read(): Promise<Values>;
  /** Has the function called when something may have changed; answers how to stop that. */
  subscribe(onHint: () => void): () => void;
  close(): Promise<void>;
}

export interface ValueWatchOptions {
  readonly connect: () => Promise<ValueSource>;
  /** How often the stores are asked when none of them says that something changed. */
  readonly intervalMs: number;
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
  #source: Promise<ValueSource> | undefined;
  #unsubscribe: (() => void) | undefined;
  #isHinted = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  #reported: string | undefined;

  /** Opens nothing before `next`. */
  constructor(options: ValueWatchOptions) {
    this.#options = options;
  }

  /**
   * What changed, once the values differ from these; the stores are not asked before the given time on the monotonic
   * clock. When they cannot be read, that is reported once, and they are asked for again later. Never settles after
   * `close`.
   */
  async next(known: Values, notBeforeMs: number): Promise<Change> {
    const { clock, intervalMs } = this.#options;
    await this.#reporting(() => this.#connected());
    while (!this.#isClosed) {
      if (!this.#isHinted) await this.#wait(intervalMs, true);
      await this.#wait(Math.max(settleMs, notBeforeMs - clock.monotonic()), false);
      this.#isHinted = false;
      const values = await this.#reporting(async () => (await this.#connected()).read());
      const names = values === undefined ? [] : changedNames(known, values);
      if (values !== undefined && names.length > 0) return { values, names };
    }
    return new Promise(() => undefined);
  }

  /** Closes the stores. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#unsubscribe?.();
    const source = await this.#source?.catch(() => undefined);
    await source?.close();
  }

  async #connected(): Promise<ValueSource> {
    this.#source ??= this.#options.connect();
    try {
      const source = await this.#source;
      if (!this.#isClosed) this.#unsubscribe ??= source.subscribe(() => this.#hint());
      return source;
    } catch (error) {
      this.#source = undefined;
      throw error;
    }
  }

  #hint(): void {
    this.#isHinted = true;
    this.#wake?.();
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

  async #reporting<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await read();
      this.#reported = undefined;
      return result;
    } catch (error) {
      const { message } = toKeywardError(error, 'reading the values');
      const isNew = message !== this.#reported && !this.#isClosed;
      if (isNew) this.#options.report(`the program keeps the values that it has: ${message}`);
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
