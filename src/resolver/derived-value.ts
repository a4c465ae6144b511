import { type KeywardError, toKeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { Listeners } from './listeners.js';
import type { CurrentValue, LiveValue } from './live-value.js';
import type { Answer } from './question.js';
import type { Wanted } from './wanted.js';

/** A value that is made of several live ones, and made anew when one of them changes. */
export class DerivedValue implements CurrentValue {
  readonly changes = new Listeners<[secret: Secret, previous: Secret]>();
  readonly errors = new Listeners<[error: KeywardError]>();
  readonly #parts: readonly LiveValue[];
  readonly #combine: Wanted['combine'];
  readonly #secretOf: (answer: Answer) => Secret;
  readonly #stops: readonly (() => void)[];
  #madeOf: readonly Answer[] = [];
  #secret: Secret;

  /** `first` is made of what was just answered for the parts. */
  constructor(
    parts: readonly LiveValue[],
    combine: Wanted['combine'],
    secretOf: (answer: Answer) => Secret,
    first: Answer,
  ) {
    this.#parts = parts;
    this.#combine = combine;
    this.#secretOf = secretOf;
    this.#secret = secretOf(first);
    this.#stops = parts.flatMap((part) => [
      part.changes.add(() => this.#remake()),
      part.errors.add((error) => this.errors.tell(error)),
    ]);
  }

  get secret(): Secret {
    const answers = this.#parts.map((part) => part.answer);
    if (answers.every((answer, index) => answer === this.#madeOf[index])) return this.#secret;
    this.#secret = this.#secretOf(this.#combine(answers));
    this.#madeOf = answers;
    return this.#secret;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #remake(): void {
    const previous = this.#secret;
    try {
      const secret = this.secret;
      if (!secret.equals(previous)) this.changes.tell(secret, previous);
    } catch (error) {
      this.errors.tell(toKeywardError(error, 'making a value of others'));
    }
  }
}
