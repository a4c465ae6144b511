import { KeywardError } from '../core/errors.js';
import { DerivedValue } from './derived-value.js';
import { isOutage } from './failures.js';
import { closedHandle, Handle } from './handle.js';
import { type LiveTools, LiveValue } from './live-value.js';
import type { Answer, Inquiry } from './question.js';
import type { SecretHandle } from './secrets.js';
import type { Wanted } from './wanted.js';

export interface LiveValuesTools extends LiveTools {
  /** Begins to watch the stores, as far as they can be watched; answers how to stop. */
  readonly watch: () => () => void;
}

interface Held {
  readonly key: string;
  readonly value: LiveValue;
  holders: number;
}

/** The values that handles keep current: one for each question, however many handles there are for it. */
export class LiveValues {
  readonly #tools: LiveValuesTools;
  readonly #values = new Map<string, Held>();
  #unwatch: (() => void) | undefined;

  constructor(tools: LiveValuesTools) {
    this.#tools = tools;
  }

  /**
   * A handle on what has just been asked for.
   *
   * @throws KeywardError why there is no value, as `combine`.
   */
  open(name: string, wanted: Wanted, outcomes: readonly (Answer | KeywardError)[]): SecretHandle {
    const first = wanted.combine(outcomes);
    const held = wanted.inquiries.flatMap((inquiry, index) => {
      const outcome = outcomes[index];
      return outcome === undefined || outcome instanceof KeywardError ? [] : [this.#acquire(inquiry, outcome)];
    });
    const release = () => {
      for (const one of held) this.#release(one);
    };
    const [only] = held;
    this.#unwatch ??= this.#tools.watch();
    if (wanted.only !== undefined && only !== undefined) return new Handle(name, only.value, release);
    const parts = held.map(({ value }) => value);
    const derived = new DerivedValue(parts, wanted.combine, this.#tools.secretOf, first);
    return new Handle(name, derived, () => {
      derived.stop();
      release();
    });
  }

  /** How an asking ended: news for the value asked for, and after a refusal a reason to ask for others at its place. */
  take({ key, question }: Inquiry, outcome: Answer | KeywardError): void {
    this.#values.get(key)?.value.take(outcome);
    if (!(outcome instanceof KeywardError) || isOutage(outcome)) return;
    for (const [other, { value }] of this.#values) {
      if (other !== key && value.wasReadIn(question.places)) value.hint();
    }
  }

  hint(): void {
    for (const { value } of this.#values.values()) value.hint();
  }

  stop(reason: KeywardError): void {
    for (const { value } of this.#values.values()) value.stop(reason);
    this.#values.clear();
    this.#stopWatching();
  }

  #acquire(inquiry: Inquiry, answer: Answer): Held {
    const { key } = inquiry;
    const held = this.#values.get(key) ?? { key, value: new LiveValue(inquiry, answer, this.#tools), holders: 0 };
    held.holders += 1;
    this.#values.set(key, held);
    return held;
  }

  #release(held: Held): void {
    held.holders -= 1;
    if (held.holders > 0 || this.#values.get(held.key) !== held) return;
    held.value.stop(closedHandle(held.value.title));
    this.#values.delete(held.key);
    if (this.#values.size === 0) this.#stopWatching();
  }

  #stopWatching(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}
