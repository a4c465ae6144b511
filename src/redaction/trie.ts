/** The state before any byte. */
export const atStart = 0;

const fewestSlots = 64;
/** Knuth's multiplicative hash, The Art of Computer Programming, volume 3, section 6.4. */
const spread = 0x9e3779b1;

/** The beginnings of a set of byte strings as numbered states: one for each different beginning. */
export class Trie {
  readonly depths: Int32Array;
  readonly parents: Int32Array;
  readonly labels: Uint8Array;
  /** For each state the length of the string that ends there, 0 when none does. */
  readonly ends: Int32Array;
  #size = 1;
  readonly #children: Int32Array;
  readonly #mask: number;

  constructor(strings: readonly Uint8Array[]) {
    const most = strings.reduce((sum, { length }) => sum + length, 1);
    this.depths = new Int32Array(most);
    this.parents = new Int32Array(most);
    this.labels = new Uint8Array(most);
    this.ends = new Int32Array(most);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(fewestSlots, 2 * most)));
    this.#children = new Int32Array(slots);
    this.#mask = slots - 1;
    for (const string of strings) this.#add(string);
  }

  get size(): number {
    return this.#size;
  }

  /** The state after one more byte, `atStart` when no string goes on so. */
  child(state: number, byte: number): number {
    return this.#children[this.#slot(state, byte)] ?? atStart;
  }

  /** The bytes that lead to a state. */
  beginningOf(state: number): Uint8Array {
    const bytes = new Uint8Array(this.depths[state] ?? 0);
    for (let at = state; at !== atStart; at = this.parents[at] ?? atStart) {
      bytes[(this.depths[at] ?? 0) - 1] = this.labels[at] ?? 0;
    }
    return bytes;
  }

  /** Every state but the first, the shallow ones before the deep ones. */
  byDepth(): Int32Array {
    const depths = this.depths.subarray(0, this.#size);
    const places = new Int32Array(depths.reduce((deepest, depth) => Math.max(deepest, depth), 0) + 2);
    for (const depth of depths) places[depth + 1] = (places[depth + 1] ?? 0) + 1;
    for (let depth = 1; depth < places.length; depth += 1) {
      places[depth] = (places[depth] ?? 0) + (places[depth - 1] ?? 0);
    }
    const sorted = new Int32Array(this.#size);
    depths.forEach((depth, state) => {
      const place = places[depth] ?? 0;
      sorted[place] = state;
      places[depth] = place + 1;
    });
    return sorted.subarray(1);
  }

  #add(string: Uint8Array): void {
    let state = atStart;
    for (const byte of string) state = this.child(state, byte) || this.#grow(state, byte);
    this.ends[state] = string.length;
  }

  #grow(parent: number, byte: number): number {
    const state = this.#size;
    this.#size += 1;
    this.depths[state] = (this.depths[parent] ?? 0) + 1;
    this.parents[state] = parent;
    this.labels[state] = byte;
    this.#children[this.#slot(parent, byte)] = state;
    return state;
  }

  /** Where the child is, or would be. */
  #slot(state: number, byte: number): number {
    let slot = (Math.imul(state * 256 + byte, spread) >>> 7) & this.#mask;
    for (;;) {
      const child = this.#children[slot] ?? atStart;
      if (child === atStart || (this.parents[child] === state && this.labels[child] === byte)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}
