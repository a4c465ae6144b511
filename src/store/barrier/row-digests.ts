import { concat } from '../../crypto/encoding.js';
import { compareKeys, startsWith } from '../physical/key-order.js';
import { maxRowKeyBytes } from './row-keys.js';

/** A row, and what its sealed bytes are known by. */
export interface DigestedRow {
  readonly key: Uint8Array;
  readonly digest: Uint8Array;
}

export interface DigestCollector {
  /** False, and nothing added, when the row is one too many or does not come after the one before in the order of keys. */
  add(row: DigestedRow): boolean;
  /** `undefined` unless all rows have come. */
  collected(): RowDigests | undefined;
}

export interface DigestChange {
  readonly key: Uint8Array;
  /** `undefined` when the row was removed. */
  readonly digest: Uint8Array | undefined;
}

/** Of a SHA-256: who can write the store would have to find another row that opens and has the same 128 bits. */
const digestBytes = 16;
/** The length of the key, the key with zeros behind it, the digest. */
const entryBytes = 1 + maxRowKeyBytes + digestBytes;

/** What tells the sealed bytes of a row, whose SHA-256 this is, from all others that ever were or could be under its key. */
export function rowDigest(hash: Uint8Array): Uint8Array {
  return hash.slice(0, digestBytes);
}

/**
 * The digests of a shard's rows, in key order in one piece of memory: a map of 4,096 small arrays would take five times
 * as much, and to copy it at each commit fifty times as long. Never changed.
 */
export class RowDigests {
  static readonly none = new RowDigests(new Uint8Array(0));
  readonly #entries: Uint8Array;

  private constructor(entries: Uint8Array) {
    this.#entries = entries;
  }

  /**
   * Of `count` rows that come one after the other, each written where it stays: thousands of small arrays that live until
   * all have come would make the heap larger for good.
   */
  static collect(count: number): DigestCollector {
    const entries = new Uint8Array(count * entryBytes);
    const digests = new RowDigests(entries);
    let added = 0;
    return {
      add: (row) => {
        const isNext = added < count && (added === 0 || compareKeys(digests.#key(added - 1), row.key) < 0);
        if (!isNext) return false;
        writeEntry(entries, added, row);
        added += 1;
        return true;
      },
      collected: () => (added === count ? digests : undefined),
    };
  }

  get count(): number {
    return this.#entries.length / entryBytes;
  }

  has(key: Uint8Array): boolean {
    return this.#has(this.#firstFrom(key), key);
  }

  /** Whether there is such a row and its sealed bytes have this SHA-256; in a time that does not depend on either. */
  matches(key: Uint8Array, hash: Uint8Array): boolean {
    const index = this.#firstFrom(key);
    if (!this.#has(index, key)) return false;
    const start = (index + 1) * entryBytes - digestBytes;
    let difference = 0;
    for (let at = 0; at < digestBytes; at += 1) difference |= (this.#entries[start + at] ?? 0) ^ (hash[at] ?? 0);
    return difference === 0;
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
  with(changes: readonly DigestChange[]): RowDigests {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const { key, digest } of changes.toSorted((a, b) => compareKeys(a.key, b.key))) {
      const index = this.#firstFrom(key);
      parts.push(this.#entries.subarray(from * entryBytes, index * entryBytes));
      from = this.#has(index, key) ? index + 1 : index;
      if (digest === undefined) continue;
      const entry = new Uint8Array(entryBytes);
      writeEntry(entry, 0, { key, digest });
      parts.push(entry);
    }
    return new RowDigests(concat(...parts, this.#entries.subarray(from * entryBytes)));
  }

  /** The index of the first entry whose key is not before this one. */
  #firstFrom(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(middle, key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** As `compareKeys` has it, without a view of the key: each read looks at a dozen. */
  #isBefore(index: number, key: Uint8Array): boolean {
    const start = index * entryBytes + 1;
    const length = this.#entries[start - 1] ?? 0;
    for (let at = 0; at < length && at < key.length; at += 1) {
      const difference = (this.#entries[start + at] ?? 0) - (key[at] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return length < key.length;
  }

  #has(index: number, key: Uint8Array): boolean {
    const start = index * entryBytes + 1;
    if (this.#entries[start - 1] !== key.length) return false;
    for (let at = 0; at < key.length; at += 1) if (this.#entries[start + at] !== key[at]) return false;
    return true;
  }

  #key(index: number): Uint8Array {
    const start = index * entryBytes;
    return this.#entries.subarray(start + 1, start + 1 + (this.#entries[start] ?? 0));
  }
}

function writeEntry(entries: Uint8Array, index: number, { key, digest }: DigestedRow): void {
  const start = index * entryBytes;
  entries[start] = key.length;
  entries.set(key, start + 1);
  entries.set(digest, start + entryBytes - digestBytes);
}
