const newline = 0x0a;

/** Lines and columns of places in a block, which are asked for about in their order. */
export class LineCounter {
  readonly #bytes: Uint8Array;
  readonly #firstLine: number;
  #line: number;
  #lineStart = 0;
  /** Where the next line begins. */
  #nextStart: number;

  /** @param firstLine number of the line that the block begins in */
  constructor(bytes: Uint8Array, firstLine: number) {
    this.#bytes = bytes;
    this.#firstLine = firstLine;
    this.#line = firstLine;
    this.#nextStart = this.#startAfter(0);
  }

  /** Both from 1; the column in bytes, and of the block where the line began before it. */
  at(place: number): { readonly line: number; readonly column: number } {
    if (place < this.#lineStart) {
      this.#line = this.#firstLine;
      this.#lineStart = 0;
      this.#nextStart = this.#startAfter(0);
    }
    while (this.#nextStart <= place) {
      this.#line += 1;
      this.#lineStart = this.#nextStart;
      this.#nextStart = this.#startAfter(this.#lineStart);
    }
    return { line: this.#line, column: place - this.#lineStart + 1 };
  }

  #startAfter(lineStart: number): number {
    const end = this.#bytes.indexOf(newline, lineStart);
    return end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  }
}
