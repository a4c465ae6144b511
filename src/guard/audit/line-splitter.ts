import { concat } from '../../crypto/encoding.js';
import { maxLineBytes } from './log-line.js';

const newline = 0x0a;

/**
 * Cuts chunks of bytes into lines. Of a line that is too long to be one it keeps only the beginning, still too long, so
 * that it never holds more than one line and one chunk.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #rest: Uint8Array[] = [];
  #restBytes = 0;

  constructor(maxBytes = maxLineBytes) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this chunk completes, without their "\n". */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end));
      yield this.rest;
      this.#rest = [];
      this.#restBytes = 0;
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** What follows the last complete line. */
  get rest(): Uint8Array {
    return concat(...this.#rest);
  }

  /** Whether bytes follow the last complete line. */
  get isInsideLine(): boolean {
    return this.#restBytes > 0;
  }

  #hold(bytes: Uint8Array): void {
    const held = bytes.subarray(0, this.#maxBytes + 1 - this.#restBytes);
    if (held.length === 0) return;
    this.#rest.push(held);
    this.#restBytes += held.length;
  }
}
