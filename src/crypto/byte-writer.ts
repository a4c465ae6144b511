import { utf8, writeBigEndian } from './encoding.js';

/** Writes what `ByteReader` reads into one piece of memory: many small pieces cost more than all the rest of a row. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param usualBytes grows when it is not enough. */
  constructor(usualBytes: number) {
    this.#bytes = new Uint8Array(usualBytes);
  }

  /** Begins anew, in the memory of what was written before. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** All of it, in the writer's own memory. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): this {
    return this.#integer(value, 1);
  }

  u16(value: number): this {
    return this.#integer(value, 2);
  }

  u32(value: number): this {
    return this.#integer(value, 4);
  }

  u64(value: number): this {
    return this.#integer(value, 8);
  }

  bytes(part: Uint8Array): this {
    const start = this.#grow(part.length);
    this.#bytes.set(part, start);
    return this;
  }

  /** As the function `lp`. */
  lp(part: Uint8Array | string): this {
    const bytes = typeof part === 'string' ? utf8(part) : part;
    return this.u32(bytes.length).bytes(bytes);
  }

  #integer(value: number, width: number): this {
    const start = this.#grow(width);
    writeBigEndian(this.#bytes, start, value, width);
    return this;
  }

  /** Where the added bytes begin. */
  #grow(added: number): number {
    const start = this.#length;
    this.#length += added;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}
