import { KeywardError } from './errors.js';
import { isUtf8, type Payload } from './payload.js';
import type { VersionKey } from './version.js';

/** What every way of printing a secret shows instead of its value. */
export const redactionMask = '***REDACTED***';

/** Where a value came from. */
export interface Origin {
  /** Name of the provider in the chain, or `default` for a value given by the caller. */
  readonly provider: string;
  /** Version number in that store, where it has one. */
  readonly version?: VersionKey | undefined;
  /** When that version was made, where the store says it with the value. */
  readonly createdAt?: Date | undefined;
  /** Milliseconds since the value was read from its store, at the moment of looking. */
  readonly ageMs: number;
  /** Whether a store that should have answered first could not. */
  readonly degraded: boolean;
}

const brand = Symbol.for('keyward.secret');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

/**
 * A value that does not print itself. `String()`, template literals, JSON, `util.inspect`, `console`, errors and
 * loggers show `***REDACTED***`; cloning gives an empty object. `expose()` and `exposeBytes()` are the only ways out.
 */
export class Secret {
  static {
    // What printing shows, also where the code was shortened.
    Object.defineProperty(Secret, 'name', { value: 'Secret' });
    Object.defineProperty(Secret.prototype, brand, { value: true });
  }

  /** One that another copy of this module made is one too: a process may load the library beside the command line. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  readonly #bytes: Uint8Array;
  readonly #kind: Payload['kind'];
  readonly #origin: (() => Origin) | undefined;

  private constructor(bytes: Uint8Array, kind: Payload['kind'], origin: (() => Origin) | undefined) {
    this.#bytes = bytes;
    this.#kind = kind;
    this.#origin = origin;
    // One secret is handed to everybody who asks for it.
    Object.freeze(this);
  }

  /** Takes a copy of the bytes. An origin that is a function is asked whenever somebody looks. */
  static of(payload: Payload, origin?: Origin | (() => Origin)): Secret {
    const told = origin === undefined || typeof origin === 'function' ? origin : fixed({ ...origin });
    return new Secret(Uint8Array.from(payload.bytes), payload.kind, told);
  }

  static fromText(text: string, origin?: Origin): Secret {
    return Secret.of({ kind: 'text', bytes: new TextEncoder().encode(text) }, origin);
  }

  static fromBytes(bytes: Uint8Array, origin?: Origin): Secret {
    return Secret.of({ kind: isUtf8(bytes) ? 'text' : 'binary', bytes }, origin);
  }

  /** Where the value came from; `undefined` for one that was made here. */
  get origin(): Origin | undefined {
    return this.#origin && Object.freeze(this.#origin());
  }

  get kind(): Payload['kind'] {
    return this.#kind;
  }

  /** Length in bytes. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** The text. @throws KeywardError `invalid` when the value is binary. */
  expose(): string {
    if (this.#kind === 'binary') {
      throw new KeywardError('invalid', 'the value is binary and has no text form', { advice: 'Use exposeBytes().' });
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes);
  }

  /** A copy of the bytes. */
  exposeBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** Whether both hold the same bytes, in time that depends on the other's length only. */
  equals(other: Secret | string | Uint8Array): boolean {
    const theirs = bytesOf(other);
    let difference = theirs.length ^ this.#bytes.length;
    for (let i = 0; i < theirs.length; i += 1) difference |= (theirs[i] ?? 0) ^ (this.#bytes[i] ?? 0);
    return difference === 0;
  }

  toString(): string {
    return redactionMask;
  }

  toJSON(): string {
    return redactionMask;
  }

  [Symbol.toPrimitive](): string {
    return redactionMask;
  }

  [inspectCustom](): string {
    return redactionMask;
  }

  get [Symbol.toStringTag](): string {
    return 'Secret';
  }
}

function fixed(origin: Origin): () => Origin {
  return () => origin;
}

function bytesOf(value: Secret | string | Uint8Array): Uint8Array {
  if (value instanceof Secret) return value.exposeBytes();
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}
