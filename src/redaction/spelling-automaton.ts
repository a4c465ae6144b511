import { atStart, Trie } from './trie.js';

const blockLength = 3;
const blocks = 1 << 16;
/** A shift has to fit into a byte. */
const longestWindow = 64;

/**
 * Finds a set of byte strings in a stream, from two parts. A table of shifts passes over places where none can begin,
 * several bytes at a step (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994). From where one may have
 * begun an automaton goes on byte by byte (Aho and Corasick, "Efficient string matching", 1975), so that no text takes
 * more than linear time.
 */
export class SpellingAutomaton {
  /** How many bytes `seek` looks at; no string is shorter. */
  readonly windowLength: number;
  readonly #trie: Trie;
  readonly #shifts: Uint8Array;
  readonly #fallbacks: Int32Array;
  readonly #matches: Int32Array;

  /** @param strings none shorter than 3 bytes; none at all make an automaton that finds nothing */
  constructor(strings: readonly Uint8Array[]) {
    this.windowLength = strings.reduce((length, string) => Math.min(length, string.length), longestWindow);
    this.#shifts = shiftsOf(strings, this.windowLength);
    this.#trie = new Trie(strings);
    this.#fallbacks = new Int32Array(this.#trie.size);
    this.#matches = this.#trie.ends.slice(0, this.#trie.size);
    this.#linkFallbacks();
  }

  /** The first place from `from` on where a string may begin; past the last whole window when there is none. */
  seek(bytes: Uint8Array, from: number): number {
    const shifts = this.#shifts;
    const length = this.windowLength;
    const last = bytes.length - length;
    let at = from;
    while (at <= last) {
      const shift = shifts[blockBefore(bytes, at + length)] ?? 0;
      if (shift === 0) return at;
      at += shift;
    }
    return at;
  }

  /** The state after the window at `at`, or `atStart` when no string begins with it. */
  enter(bytes: Uint8Array, at: number): number {
    let state = atStart;
    for (let index = at; index < at + this.windowLength; index += 1) {
      state = this.#trie.child(state, bytes[index] ?? 0);
      if (state === atStart) return atStart;
    }
    return state;
  }

  /** The state after one more byte: the longest beginning of a string that the text now ends with. */
  step(state: number, byte: number): number {
    let from = state;
    for (;;) {
      const next = this.#trie.child(from, byte);
      if (next !== atStart || from === atStart) return next;
      from = this.#fallbacks[from] ?? atStart;
    }
  }

  /** How many bytes that beginning has. */
  depthOf(state: number): number {
    return this.#trie.depths[state] ?? 0;
  }

  /** The state of this automaton for what is under way in a state of another one. */
  stateLike(other: SpellingAutomaton, state: number): number {
    return other.#trie.beginningOf(state).reduce((own, byte) => this.step(own, byte), atStart);
  }

  /** Length of the longest string that ends here; 0 when none does. */
  matchOf(state: number): number {
    return this.#matches[state] ?? 0;
  }

  #linkFallbacks(): void {
    const { parents, labels } = this.#trie;
    for (const state of this.#trie.byDepth()) {
      const parent = parents[state] ?? atStart;
      if (parent === atStart) continue;
      const fallback = this.step(this.#fallbacks[parent] ?? atStart, labels[state] ?? 0);
      this.#fallbacks[state] = fallback;
      if (this.#matches[state] === 0) this.#matches[state] = this.#matches[fallback] ?? 0;
    }
  }
}

function blockBefore(bytes: Uint8Array, end: number): number {
  return (((bytes[end - 1] ?? 0) << 8) ^ ((bytes[end - 2] ?? 0) << 4) ^ (bytes[end - 3] ?? 0)) & (blocks - 1);
}

/** By the last block of a window: how far on the next window is that can hold the beginning of a string. */
function shiftsOf(strings: readonly Uint8Array[], windowLength: number): Uint8Array {
  const shifts = new Uint8Array(blocks).fill(windowLength - blockLength + 1);
  for (const string of strings) {
    for (let end = blockLength; end <= windowLength; end += 1) {
      const block = blockBefore(string, end);
      shifts[block] = Math.min(shifts[block] ?? 0, windowLength - end);
    }
  }
  return shifts;
}
