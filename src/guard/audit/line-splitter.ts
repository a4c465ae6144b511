import { concat } from '../../crypto/encoding.js';
import { maxLineBytes } from './log-line.js';

const newline = 0x0a;

/**
 * Cuts chunks of bytes into lines. Of a line that is too long to be one it keeps only the beginning, still too long, so
 * that it never holds more than one line and one chunk.
 */
export class LineSplitter {
  #rest: Uint8Array = new Uint8Array(0);

  /** The lines that this chunk completes, without their "\n". */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield this.#joined(chunk.subarray(start, end));
      this.#rest = new Uint8Array(0);
      start = end + 1;
    }
    this.#rest = this.#joined(chunk.subarray(start));
  }

  /** Whether bytes follow the last complete line. */
  get isInsideLine(): boolean {
    return this.#rest.length > 0;
  }

  #joined(bytes: Uint8Array): Uint8Array {
    return concat(this.#rest, bytes.subarray(0, maxLineBytes + 1 - this.#rest.length));
  }
}
