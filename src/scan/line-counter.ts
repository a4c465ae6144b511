const newline = 0x0a;

/** Lines and columns of places in a block, which are asked for about in their order. */
export class LineCounter {
  readonly #bytes: Uint8Array;
  readonly #firstLine: number;
  #line: number;
  #lineStart = 0;

  /** @param firstLine number of the line that the block begins in */
  constructor(bytes: Uint8Array, firstLine: number) {
    this.#bytes = bytes;
    this.#firstLine = firstLine;
    this.#line = firstLine;
  }

  /** Both from 1; the column in bytes, and of the block where the line began before it. */
  at(place: number): { readonly line: number; readonly column: number } {
    if (place < this.#lineStart) {
      this.#line = this.#firstLine;
      this.#lineStart = 0;
    }
    for (let end = this.#endOfLine(); end >= 0 && end < place; end = this.#endOfLine()) {
      this.#line += 1;
      this.#lineStart = end + 1;
    }
    return { line: this.#line, column: place - this.#lineStart + 1 };
  }

  #endOfLine(): number {
    return this.#bytes.indexOf(newline, this.#lineStart);
  }
}
