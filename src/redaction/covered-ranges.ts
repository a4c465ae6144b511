export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The union of ranges that are added in the order of their ends, in parts that neither overlap nor touch. */
export class CoveredRanges {
  #ranges: Range[] = [];

  add(start: number, end: number): void {
    let first = start;
    for (let last = this.#ranges.at(-1); last !== undefined && last.end >= first; last = this.#ranges.at(-1)) {
      first = Math.min(first, last.start);
      this.#ranges.pop();
    }
    this.#ranges.push({ start: first, end });
  }

  /** The end of the range that `position` lies in, else `position` itself. */
  endAround(position: number): number {
    const around = this.#ranges.findLast(({ start }) => start <= position);
    return Math.max(position, around?.end ?? 0);
  }

  /** Takes out the ranges that end at or before `position`. */
  takeUntil(position: number): readonly Range[] {
    const rest = this.#ranges.findIndex(({ end }) => end > position);
    return this.#ranges.splice(0, rest < 0 ? this.#ranges.length : rest);
  }
}
