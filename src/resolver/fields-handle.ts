import type { KeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { Fields, FieldsHandle, SecretHandle } from './secrets.js';

/** A handle on a document, as its fields: all that are given at one time are of one version. */
export class DocumentHandle implements FieldsHandle<Fields> {
  readonly #whole: SecretHandle;
  readonly #split: (whole: Secret) => Fields;
  readonly #fields = new WeakMap<Secret, Fields>();

  constructor(whole: SecretHandle, split: (whole: Secret) => Fields) {
    this.#whole = whole;
    this.#split = split;
  }

  get name(): string {
    return this.#whole.name;
  }

  current(): Fields {
    return this.#fieldsOf(this.#whole.current());
  }

  onChange(listener: (fields: Fields, previous: Fields) => void): () => void {
    return this.#whole.onChange((whole, previous) => listener(this.#fieldsOf(whole), this.#fieldsOf(previous)));
  }

  onError(listener: (error: KeywardError) => void): () => void {
    return this.#whole.onError(listener);
  }

  close(): void {
    this.#whole.close();
  }

  #fieldsOf(whole: Secret): Fields {
    const known = this.#fields.get(whole);
    if (known !== undefined) return known;
    const fields = this.#split(whole);
    this.#fields.set(whole, fields);
    return fields;
  }
}
