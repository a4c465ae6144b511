import { concat } from '../../crypto/encoding.js';
import { compareKeys, startsWith } from '../physical/key-order.js';
import { maxRowKeyBytes } from './row-keys.js';

/** A row, and what it adds to the sum of its shard. */
export interface RowElement {
  readonly key: Uint8Array;
  readonly element: Uint8Array;
}

export interface ElementChange {
  readonly key: Uint8Array;
  /** `undefined` when the row was removed. */
  readonly element: Uint8Array | undefined;
}

const elementBytes = 32;
/** The length of the key, the key with zeros behind it, the element. */
const entryBytes = 1 + maxRowKeyBytes + elementBytes;

/**
 * The elements of a shard's rows, in key order in one piece of memory: a map of 4,096 small arrays would take five times
 * as much, and to copy it at each commit fifty times as long. Never changed.
 */
export class RowElements {
  static readonly none = new RowElements(new Uint8Array(0));
  readonly #entries: Uint8Array;

  private constructor(entries: Uint8Array) {
    this.#entries = entries;
  }

  /** Rows in key order. */
  static of(rows: readonly RowElement[]): RowElements {
    const entries = new Uint8Array(rows.length * entryBytes);
    for (const [index, row] of rows.entries()) writeEntry(entries, index, row);
    return new RowElements(entries);
  }

  get count(): number {
    return this.#entries.length / entryBytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const index = this.#firstFrom(key);
    return index < this.count && compareKeys(this.#key(index), key) === 0 ? this.#element(index) : undefined;
  }

  /** At most `limit` keys that begin with the prefix and come after `after`, in order. */
  keys(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): readonly Uint8Array[] {
    const keys: Uint8Array[] = [];
    const first = after !== undefined && compareKeys(after, prefix) > 0 ? after : prefix;
    for (let index = this.#firstFrom(first); index < this.count && keys.length < limit; index += 1) {
      const key = this.#key(index);
      if (!startsWith(key, prefix)) break;
      if (after === undefined || compareKeys(key, after) > 0) keys.push(Uint8Array.from(key));
    }
    return keys;
  }

  /** After the changes of rows, each of another key. */
  with(changes: readonly ElementChange[]): RowElements {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const { key, element } of changes.toSorted((a, b) => compareKeys(a.key, b.key))) {
      const index = this.#firstFrom(key);
      parts.push(this.#entries.subarray(from * entryBytes, index * entryBytes));
      from = index < this.count && compareKeys(this.#key(index), key) === 0 ? index + 1 : index;
      if (element === undefined) continue;
      const entry = new Uint8Array(entryBytes);
      writeEntry(entry, 0, { key, element });
      parts.push(entry);
    }
    return new RowElements(concat(...parts, this.#entries.subarray(from * entryBytes)));
  }

  /** The index of the first entry whose key is not before this one. */
  #firstFrom(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#key(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #key(index: number): Uint8Array {
    const start = index * entryBytes;
    return this.#entries.subarray(start + 1, start + 1 + (this.#entries[start] ?? 0));
  }

  #element(index: number): Uint8Array {
    return this.#entries.subarray((index + 1) * entryBytes - elementBytes, (index + 1) * entryBytes);
  }
}

function writeEntry(entries: Uint8Array, index: number, { key, element }: RowElement): void {
  const start = index * entryBytes;
  entries[start] = key.length;
  entries.set(key, start + 1);
  entries.set(element, start + entryBytes - elementBytes);
}
