import { CoveredRanges } from './covered-ranges.js';
import type { SpellingAutomaton } from './spelling-automaton.js';
import { atStart } from './trie.js';

/** How many bytes of a spelling that has begun are not shown even while the output pauses. */
const hiddenInPause = 3;
/** From how many bytes on the beginning of a spelling is masked when the output ends in the middle of it. */
const hiddenAtEnd = 6;

/**
 * One output with every spelling masked, as it comes in. Overlapping and adjacent spellings become one mask, so that no
 * part of any is left; every other byte comes out as it went in. What came in is the same output however it was cut.
 *
 * What may be the beginning of a spelling is held back until it is known. When the output pauses, the caller calls
 * `flush`, so that a prompt does not wait: it lets go at most two bytes, and only where no more than these have begun a
 * spelling. So a value that is written one byte at a time, with pauses, shows two bytes at most.
 */
export class RedactedStream {
  #automaton: SpellingAutomaton;
  readonly #mask: Uint8Array;
  readonly #covered = new CoveredRanges();
  #state = atStart;
  /** Positions count the bytes of the whole output: what came in, what is settled, and the end of the last mask. */
  #received = 0;
  #settled = 0;
  #maskedTo = -1;
  #held: Uint8Array[] = [];

  constructor(automaton: SpellingAutomaton, mask: Uint8Array) {
    this.#automaton = automaton;
    this.#mask = mask;
  }

  /** Whether `flush` would let something go. */
  get pending(): boolean {
    return this.#settled < this.#received && this.#automaton.depthOf(this.#state) < hiddenInPause;
  }

  /** From now on masks what this automaton finds; a spelling of both that is under way is masked all the same. */
  use(automaton: SpellingAutomaton): void {
    this.#state = automaton.stateLike(this.#automaton, this.#state);
    this.#automaton = automaton;
  }

  /** Whether anything was masked so far. */
  get hasMasked(): boolean {
    return this.#maskedTo >= 0;
  }

  /** What can be shown after these bytes; may be a view of them. */
  write(chunk: Uint8Array): Uint8Array {
    this.#state = this.#scan(chunk);
    this.#received += chunk.length;
    const begun = this.#received - this.#automaton.depthOf(this.#state);
    return this.#settle(chunk, this.#covered.endAround(begun));
  }

  /** What can be shown although it may be the beginning of a spelling, because the output pauses. */
  flush(): Uint8Array {
    return this.pending ? this.#settle(nothing, this.#received) : nothing;
  }

  /** The rest when the output ends. Where it is cut off in a spelling, six bytes of that and more are masked too. */
  end(): Uint8Array {
    const begun = this.#automaton.depthOf(this.#state);
    if (begun >= hiddenAtEnd) this.#covered.add(this.#received - begun, this.#received);
    return this.release();
  }

  /** The rest as it is, for a text that was written at once and is complete. */
  release(): Uint8Array {
    this.#state = atStart;
    return this.#settle(nothing, this.#received);
  }

  /** Marks every spelling that ends in the chunk, and answers the state after it. */
  #scan(chunk: Uint8Array): number {
    const automaton = this.#automaton;
    const { windowLength } = automaton;
    let state = this.#state;
    let at = 0;
    while (at < chunk.length) {
      const begun = at - automaton.depthOf(state);
      if (begun < 0 || at - begun >= windowLength) {
        state = automaton.step(state, chunk[at] ?? 0);
        at += 1;
      } else {
        const candidate = automaton.seek(chunk, begun);
        if (candidate > chunk.length - windowLength) return this.#scanTail(chunk, candidate);
        state = automaton.enter(chunk, candidate);
        at = state === atStart ? candidate + 1 : candidate + windowLength;
      }
      const match = automaton.matchOf(state);
      if (match > 0) this.#covered.add(this.#received + at - match, this.#received + at);
    }
    return state;
  }

  /** The state after the last bytes, too few for a whole spelling. */
  #scanTail(chunk: Uint8Array, from: number): number {
    let state = atStart;
    for (let at = from; at < chunk.length; at += 1) state = this.#automaton.step(state, chunk[at] ?? 0);
    return state;
  }

  /** Lets everything before `until` go, and keeps the rest. */
  #settle(chunk: Uint8Array, until: number): Uint8Array {
    const isHeld = this.#held.length > 0;
    if (until <= this.#settled) {
      if (chunk.length > 0) this.#held.push(Uint8Array.from(chunk));
      return nothing;
    }
    const source = isHeld ? Buffer.concat([...this.#held, chunk]) : chunk;
    const base = this.#received - source.length;
    const shown = this.#masked(source, base, until);
    this.#held = until < this.#received ? [Uint8Array.from(source.subarray(until - base))] : [];
    this.#settled = until;
    return shown;
  }

  #masked(source: Uint8Array, base: number, until: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = this.#settled;
    for (const { start, end } of this.#covered.takeUntil(until)) {
      if (start > at) parts.push(source.subarray(at - base, start - base));
      if (Math.max(start, at) > this.#maskedTo) parts.push(this.#mask);
      this.#maskedTo = end;
      at = end;
    }
    if (at < until) parts.push(source.subarray(at - base, until - base));
    const [only = nothing, ...more] = parts;
    return more.length === 0 ? only : Buffer.concat(parts);
  }
}

const nothing = new Uint8Array(0);
