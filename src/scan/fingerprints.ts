import { hkdf, PrfKey } from '../crypto/derive.js';
import { randomBytes } from '../crypto/random.js';
import { estimateBits } from './estimate-bits.js';

/**
 * Keyed fingerprints of values, by which they are found without being known: what is handed to a pipeline. Whoever has
 * the bundle can try guesses, so nothing easier to guess than 80 bits is in it, and it ends. The slots tell about 10 bits
 * of each value, and nothing tells which slot, length and fingerprint belong together.
 */
export interface FingerprintBundle {
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly key: Uint8Array;
  /** How many bytes the rolling hash covers; no value is shorter. */
  readonly window: number;
  readonly slotBits: number;
  /** Of the hashes of the beginnings of the values, sorted. */
  readonly slots: readonly number[];
  readonly lengths: readonly number[];
  /** Hexadecimal, sorted; with the name of the secret where the maker wanted it to be known. */
  readonly fingerprints: ReadonlyMap<string, string | undefined>;
}

export interface ManagedValue {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What is a secret by itself in it. */
  readonly fields?: readonly Uint8Array[];
}

export const fewestBits = 80;
const keyBytes = 32;
const fingerprintBytes = 16;
const longestWindow = 32;
const spareBits = 10;

export interface BundleOptions {
  readonly nowMs: number;
  readonly expiresMs: number;
  readonly withNames: boolean;
}

export interface MadeBundle {
  readonly bundle: FingerprintBundle;
  /** Names of the secrets no part of which is hard enough to guess. */
  readonly skipped: readonly string[];
}

/** The bundle of values: of each as it is, without the spaces around it, of its lines and of its fields. */
export function createBundle(values: Iterable<ManagedValue>, options: BundleOptions): MadeBundle {
  const parts = new Map<string, string>();
  const skipped: string[] = [];
  for (const { name, bytes, fields = [] } of values) {
    const strong = [bytes, ...fields]
      .flatMap(partsOf)
      .filter((part) => estimateBits(Buffer.from(part, 'latin1')) >= fewestBits);
    if (strong.length === 0) skipped.push(name);
    for (const part of strong) parts.set(part, name);
  }
  const key = randomBytes(keyBytes);
  const prf = new PrfKey(key);
  const window = Math.min(longestWindow, ...[...parts.keys()].map(({ length }) => length));
  const slotBits = Math.ceil(Math.log2(Math.max(1, parts.size))) + spareBits;
  const hash = new RollingHash(key, window);
  const slots = new Set<number>();
  const fingerprints: [string, string | undefined][] = [];
  for (const [part, name] of parts) {
    const bytes = Buffer.from(part, 'latin1');
    slots.add(hash.of(bytes) >>> (32 - slotBits));
    fingerprints.push([fingerprintOf(prf, bytes), options.withNames ? name : undefined]);
  }
  const bundle = {
    createdMs: options.nowMs,
    expiresMs: options.expiresMs,
    key,
    window,
    slotBits,
    slots: [...slots].sort((a, b) => a - b),
    lengths: [...new Set([...parts.keys()].map(({ length }) => length))].sort((a, b) => a - b),
    fingerprints: new Map(fingerprints.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { bundle, skipped };
}

function partsOf(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  // Decoding UTF-16 goes by the bytes of zero, which only the first characters of Unicode have.
  const characters = Buffer.from(bytes).toString();
  const wide = /[^\0-\xff\ufffd]/.test(characters) ? [Buffer.from(characters, 'utf16le').toString('latin1')] : [];
  return [...new Set([text, text.trim(), ...lines, ...wide])];
}

function fingerprintOf(prf: PrfKey, bytes: Uint8Array): string {
  return Buffer.from(prf.mac(bytes).subarray(0, fingerprintBytes)).toString('hex');
}

export interface ManagedMatch {
  readonly start: number;
  readonly end: number;
  readonly fingerprint: string;
  readonly name: string | undefined;
}

/** Finds the values of a bundle, at every place of the bytes. */
export class ManagedFinder {
  readonly #bundle: FingerprintBundle;
  readonly #prf: PrfKey;
  readonly #hash: RollingHash;
  /** One bit for each slot. */
  readonly #filter: Uint8Array;

  constructor(bundle: FingerprintBundle) {
    this.#bundle = bundle;
    this.#prf = new PrfKey(bundle.key);
    this.#hash = new RollingHash(bundle.key, bundle.window);
    this.#filter = new Uint8Array(Math.max(1, 2 ** (bundle.slotBits - 3)));
    for (const slot of bundle.slots) {
      this.#filter[slot >>> 3] = (this.#filter[slot >>> 3] ?? 0) | (1 << (slot & 7));
    }
  }

  find(bytes: Uint8Array): readonly ManagedMatch[] {
    const matches: ManagedMatch[] = [];
    this.#hash.roll(bytes, this.#filter, 32 - this.#bundle.slotBits, (start) => {
      const match = this.#longestAt(bytes, start);
      if (match !== undefined && start >= (matches.at(-1)?.end ?? 0)) matches.push(match);
    });
    return matches;
  }

  #longestAt(bytes: Uint8Array, start: number): ManagedMatch | undefined {
    for (const length of this.#bundle.lengths.toReversed()) {
      const end = start + length;
      if (end > bytes.length) continue;
      const fingerprint = fingerprintOf(this.#prf, bytes.subarray(start, end));
      if (!this.#bundle.fingerprints.has(fingerprint)) continue;
      return { start, end, fingerprint, name: this.#bundle.fingerprints.get(fingerprint) };
    }
    return undefined;
  }
}

/** Cyclic polynomials over a secret table (Cohen, "Recursive hashing functions for n-grams", 1997). */
class RollingHash {
  readonly #table: Uint32Array;
  readonly #window: number;

  constructor(key: Uint8Array, window: number) {
    this.#table = new Uint32Array(hkdf(key, new Uint8Array(), 'keyward/v1/scan-window', 1024).buffer);
    this.#window = window;
  }

  /** Of the first window. */
  of(bytes: Uint8Array): number {
    let hash = 0;
    for (let at = 0; at < this.#window; at += 1) hash = rotated(hash, 1) ^ (this.#table[bytes[at] ?? 0] ?? 0);
    return hash >>> 0;
  }

  /** Tells where windows begin whose hash, shifted, has its bit in the filter. */
  roll(bytes: Uint8Array, filter: Uint8Array, shift: number, visit: (start: number) => void): void {
    const table = this.#table;
    const window = this.#window;
    if (bytes.length < window) return;
    let hash = this.of(bytes);
    for (let start = 0; ; start += 1) {
      const slot = hash >>> shift;
      if (((filter[slot >>> 3] ?? 0) & (1 << (slot & 7))) !== 0) visit(start);
      const next = start + window;
      if (next >= bytes.length) return;
      const leaving = rotated(table[bytes[start] ?? 0] ?? 0, window & 31);
      hash = rotated(hash, 1) ^ leaving ^ (table[bytes[next] ?? 0] ?? 0);
    }
  }
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
