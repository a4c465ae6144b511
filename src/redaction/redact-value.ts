import { Secret } from '../core/secret.js';
import { isHarmless, isSensitiveName } from '../core/sensitive-names.js';

/** What is deeper, or comes after so many objects, is masked unseen: a log line has no use for it. */
const deepest = 32;
const mostObjects = 10_000;

const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

export interface ValueMasking {
  readonly mask: string;
  redactText(text: string): string;
  isIn(bytes: Uint8Array): boolean;
}

/**
 * A copy with the values of sensitive names masked and known values masked in every string, names of members too. Goes
 * through arrays, maps, sets, errors with their causes, and objects with cycles, which the copy keeps. What shows itself
 * by `toJSON` is taken as that shows it. The original is never changed, and what throws while it is read is masked.
 */
export function redactValue(value: unknown, masking: ValueMasking): unknown {
  return new Walk(masking).redact(value, 0);
}

/** A copy of an object with all its own members, those that are not enumerable and those under symbols too. */
export function redactWhole<T extends object>(value: T, masking: ValueMasking): T {
  return new Walk(masking).whole(value, Object.getPrototypeOf(value), 0);
}

class Walk {
  readonly #masking: ValueMasking;
  /** The copies made so far, so that what refers to itself does so in the copy. */
  readonly #copies = new Map<object, unknown>();

  constructor(masking: ValueMasking) {
    this.#masking = masking;
  }

  redact(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#masking.redactText(value);
    if (typeof value === 'number' || typeof value === 'bigint') return this.#redactNumber(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    if (depth > deepest || this.#copies.size >= mostObjects) return this.#masking.mask;
    try {
      return this.#copy(value, depth + 1);
    } catch {
      return this.#masking.mask;
    }
  }

  whole<T extends object>(value: T, prototype: object | null, depth: number): T {
    const copy: T = Object.create(prototype);
    this.#copies.set(value, copy);
    for (const key of Reflect.ownKeys(value)) this.#define(copy, value, key, depth);
    return copy;
  }

  #redactNumber(value: number | bigint): unknown {
    const text = String(value);
    return this.#masking.redactText(text) === text ? value : this.#masking.mask;
  }

  #copy(value: object, depth: number): unknown {
    if (value instanceof Secret) return this.#masking.mask;
    if (value instanceof Date) return value;
    if (value instanceof String || value instanceof RegExp) return this.redact(String(value), depth);
    if (ArrayBuffer.isView(value)) return this.#redactBytes(value, value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof ArrayBuffer) return this.#redactBytes(value, value, 0, value.byteLength);
    if (Array.isArray(value)) {
      return this.#filled(value, [] as unknown[], (copy) => {
        for (const item of value) copy.push(this.redact(item, depth));
      });
    }
    if (value instanceof Map) {
      return this.#filled(value, new Map<unknown, unknown>(), (copy) => {
        for (const [key, item] of value) copy.set(this.redact(key, depth), this.#member(key, item, depth));
      });
    }
    if (value instanceof Set) {
      return this.#filled(value, new Set<unknown>(), (copy) => {
        for (const item of value) copy.add(this.redact(item, depth));
      });
    }
    if (value instanceof Error) return this.#copyError(value, depth);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      const shown: unknown = value.toJSON();
      if (shown !== value) return this.redact(shown, depth);
    }
    const prototype: object | null = isPlainlyShown(value) ? Object.getPrototypeOf(value) : Object.prototype;
    return this.#filled(value, Object.create(prototype), (copy) => {
      for (const key of Object.keys(value)) this.#define(copy, value, key, depth);
    });
  }

  /** Registers the copy before it is filled, since the members may refer to it. */
  #filled<C extends object>(value: object, copy: C, fill: (copy: C) => void): C {
    this.#copies.set(value, copy);
    fill(copy);
    return copy;
  }

  /** Errors of some platforms have their message in their class, so it is copied by name. */
  #copyError(error: Error, depth: number): Error {
    const copy = this.whole(error, isPlainlyShown(error) ? Object.getPrototypeOf(error) : Error.prototype, depth);
    for (const key of ['message', 'stack', 'cause'] as const) {
      if (key in error && !Object.hasOwn(copy, key)) this.#define(copy, error, key, depth);
    }
    return copy;
  }

  #redactBytes(value: object, buffer: ArrayBufferLike, offset: number, length: number): unknown {
    return this.#masking.isIn(new Uint8Array(buffer, offset, length)) ? this.#masking.mask : value;
  }

  #define(copy: object, value: object, key: PropertyKey, depth: number): void {
    const name = typeof key === 'string' ? this.#masking.redactText(key) : key;
    Object.defineProperty(copy, name, {
      value: this.#read(value, key, depth),
      enumerable: Object.prototype.propertyIsEnumerable.call(value, key),
      writable: true,
      configurable: true,
    });
  }

  #read(value: object, key: PropertyKey, depth: number): unknown {
    try {
      return this.#member(key, Reflect.get(value, key), depth);
    } catch {
      return this.#masking.mask;
    }
  }

  #member(key: unknown, item: unknown, depth: number): unknown {
    if (typeof key === 'string' && isSensitiveName(key) && !isHarmless(key, item)) return this.#masking.mask;
    return this.redact(item, depth);
  }
}

/** Whether printing shows the own members and nothing else; a class that prints itself may need what the copy lacks. */
function isPlainlyShown(value: object): boolean {
  return !(inspectCustom in value) && !(Symbol.toStringTag in value);
}
