import { KeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { CurrentValue } from './live-value.js';
import type { SecretHandle } from './secrets.js';

/** One holder of a value that is kept current. */
export class Handle implements SecretHandle {
  readonly name: string;
  readonly #release: () => void;
  readonly #stops = new Set<() => void>();
  #value: CurrentValue | undefined;

  constructor(name: string, value: CurrentValue, release: () => void) {
    this.name = name;
    this.#value = value;
    this.#release = release;
  }

  current(): Secret {
    return this.#open().secret;
  }

  onChange(listener: (secret: Secret, previous: Secret) => void): () => void {
    return this.#until(this.#open().changes.add(listener));
  }

  onError(listener: (error: KeywardError) => void): () => void {
    return this.#until(this.#open().errors.add(listener));
  }

  close(): void {
    if (this.#value === undefined) return;
    this.#value = undefined;
    for (const stop of this.#stops) stop();
    this.#release();
  }

  #open(): CurrentValue {
    if (this.#value === undefined) throw closedHandle(this.name);
    return this.#value;
  }

  #until(stop: () => void): () => void {
    this.#stops.add(stop);
    return () => {
      this.#stops.delete(stop);
      stop();
    };
  }
}

export function closedHandle(name: string): KeywardError {
  return new KeywardError('unavailable', `the handle on ${name} is closed`, { advice: 'Open another one.' });
}
