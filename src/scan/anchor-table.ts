/** What is looked for, by the bytes it begins with. */
export interface Anchor<T> {
  /** At least three characters of ASCII. */
  readonly text: string;
  /** Whether letters of both cases count. */
  readonly anyCase: boolean;
  readonly of: T;
}

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly anyCase: boolean;
  readonly of: T;
}

const blockLength = 3;
const bitsPerByte = 5;
const byteMask = 31;
const mask = (1 << (blockLength * bitsPerByte)) - 1;

/**
 * Finds many short texts in one pass. The low five bits of three bytes, which are the same for letters of both cases,
 * choose what may begin there; almost everywhere that is nothing.
 */
export class AnchorTable<T> {
  readonly #heads = new Uint16Array(mask + 1);
  readonly #buckets: Entry<T>[][] = [[]];

  constructor(anchors: Iterable<Anchor<T>>) {
    for (const { text, anyCase, of } of anchors) {
      const bytes = Buffer.from(anyCase ? text.toLowerCase() : text);
      const hash = bytes.subarray(0, blockLength).reduce((sum, byte) => (sum << bitsPerByte) | (byte & byteMask), 0);
      if (this.#heads[hash] === 0) this.#heads[hash] = this.#buckets.push([]) - 1;
      this.#buckets[this.#heads[hash] ?? 0]?.push({ bytes, anyCase, of });
    }
  }

  /** @param visit told each place where an anchor begins and ends, in the order of the places */
  find(bytes: Uint8Array, visit: (start: number, end: number, of: T) => void): void {
    const heads = this.#heads;
    const { length } = bytes;
    let hash = 0;
    for (let at = 0; at < length; at += 1) {
      hash = ((hash << bitsPerByte) | ((bytes[at] ?? 0) & byteMask)) & mask;
      const head = heads[hash] ?? 0;
      if (head !== 0 && at + 1 >= blockLength) this.#visitBucket(head, bytes, at + 1 - blockLength, visit);
    }
  }

  #visitBucket(
    head: number,
    bytes: Uint8Array,
    start: number,
    visit: (start: number, end: number, of: T) => void,
  ): void {
    for (const entry of this.#buckets[head] ?? []) {
      if (standsAt(entry.bytes, entry.anyCase, bytes, start)) visit(start, start + entry.bytes.length, entry.of);
    }
  }
}

function standsAt(wanted: Uint8Array, anyCase: boolean, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < wanted.length; at += 1) {
    const byte = bytes[start + at] ?? 0;
    if (byte !== wanted[at] && !(anyCase && isCapital(byte) && (byte | 0x20) === wanted[at])) return false;
  }
  return true;
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
