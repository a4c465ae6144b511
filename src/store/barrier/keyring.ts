import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { ByteReader, concat, u8, u32, u64 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';

/** A key for new boxes until the next term; older terms stay until nothing is sealed under them. */
export interface TermKey {
  /** Counts from 1. */
  readonly term: number;
  readonly key: Uint8Array;
  readonly createdAt: Date;
}

/** A key that does not change with the terms. */
export interface FixedKey {
  /** Counts from 1. All fixed keys are replaced together, see `withNextKeys`. */
  readonly generation: number;
  readonly key: Uint8Array;
}

/** The order of the stored form. */
const fixedNames = ['index', 'set', 'anchor', 'audit-seal', 'audit-mac'] as const;

export type FixedKeyName = (typeof fixedNames)[number];
type FixedKeys = Readonly<Record<FixedKeyName, FixedKey>>;

/** The keys that the rows are to be written anew under, in new files: every box there is of this term. */
export interface NextKeys {
  /** Its number is given to no other term. */
  readonly term: TermKey;
  readonly fixed: FixedKeys;
}

/** The keys of a store, all random and independent; kept sealed under the root key. */
export interface Keyring {
  /** Oldest first; at least one. */
  readonly terms: readonly TermKey[];
  readonly fixed: FixedKeys;
  /** The audit-seal keys of before, oldest first: they open older lines of the log. */
  readonly formerSeals: readonly FixedKey[];
  /** Set while all keys are to be replaced. Which keys the files that count are of, the head of the store tells. */
  readonly next: NextKeys | undefined;
}

const layout = 2;
/** Ends after the fixed keys; what follows there is empty. */
const firstLayout = 1;
const keyBytes = 32;

export function createKeyring(clock: Clock): Keyring {
  return { terms: [newTerm(1, clock)], fixed: newFixed(1), formerSeals: [], next: undefined };
}

/** The keyring with a further term, which new boxes are sealed under from now on. */
export function withNewTerm(keyring: Keyring, clock: Clock): Keyring {
  return { ...keyring, terms: [...keyring.terms, newTerm(lastTerm(keyring) + 1, clock)] };
}

/** The keyring with fresh keys of every kind that are yet to take the place of its own, see `withKeysReplaced`. */
export function withNextKeys(keyring: Keyring, clock: Clock): Keyring {
  const next = { term: newTerm(lastTerm(keyring) + 1, clock), fixed: newFixed(keyring.fixed.index.generation + 1) };
  return { ...keyring, next };
}

/**
 * The keyring for the files that are written under its next keys. Of the keys of before it keeps the audit-seal key
 * alone. A keyring without next keys stays as it is.
 */
export function withKeysReplaced(keyring: Keyring): Keyring {
  const { next, fixed, formerSeals } = keyring;
  if (next === undefined) return keyring;
  return {
    terms: [next.term],
    fixed: next.fixed,
    formerSeals: [...formerSeals, fixed['audit-seal']],
    next: undefined,
  };
}

/** The keyring without the terms before this one. Whatever is sealed under them can never be opened again. */
export function withoutTermsBefore(keyring: Keyring, first: number): Keyring {
  return { ...keyring, terms: keyring.terms.filter(({ term }) => term >= first) };
}

/** The term under which new boxes are sealed. @throws KeywardError `internal` for a keyring without terms. */
export function currentTerm(keyring: Keyring): TermKey {
  const newest = keyring.terms.at(-1);
  if (newest === undefined) throw new KeywardError('internal', 'the keyring has no term');
  return newest;
}

/**
 * layout=2 (1) ‖ number of terms (4) ‖ term … ‖ fixed keys ‖ number of former audit-seal keys (4) ‖ fixed key …
 * ‖ whether there are next keys (1) ‖ if so: term ‖ fixed keys
 *
 *     term       = number (4) ‖ created, ms since 1970 (8) ‖ key (32)
 *     fixed keys = index, set, anchor, audit-seal, audit-mac, each: generation (4) ‖ key (32)
 */
export function encodeKeyring({ terms, fixed, formerSeals, next }: Keyring): Uint8Array {
  return concat(
    u8(layout),
    u32(terms.length),
    ...terms.flatMap(termParts),
    ...fixedParts(fixed),
    u32(formerSeals.length),
    ...formerSeals.flatMap(fixedKeyParts),
    ...(next === undefined ? [u8(0)] : [u8(1), ...termParts(next.term), ...fixedParts(next.fixed)]),
  );
}

/** @throws KeywardError `integrity` for anything that `encodeKeyring` does not write, and did not in layout 1. */
export function decodeKeyring(bytes: Uint8Array): Keyring {
  const reader = new ByteReader(bytes);
  const written = reader.u8();
  if (written !== layout && written !== firstLayout) throw malformed();
  const terms: TermKey[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) {
    const term = readTerm(reader);
    if (term.term <= (terms.at(-1)?.term ?? 0)) throw malformed();
    terms.push(term);
  }
  if (terms.length === 0) throw malformed();
  const fixed = readFixed(reader);
  if (written === firstLayout) {
    reader.end();
    return { terms, fixed, formerSeals: [], next: undefined };
  }
  const formerSeals: FixedKey[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) {
    const seal = readFixedKey(reader);
    if (seal.generation <= (formerSeals.at(-1)?.generation ?? 0)) throw malformed();
    formerSeals.push(seal);
  }
  const hasNext = reader.u8();
  if (hasNext > 1) throw malformed();
  const next = hasNext === 1 ? { term: readTerm(reader), fixed: readFixed(reader) } : undefined;
  reader.end();
  return { terms, fixed, formerSeals, next };
}

function newTerm(term: number, clock: Clock): TermKey {
  return { term, key: randomBytes(keyBytes), createdAt: new Date(clock.now()) };
}

function lastTerm(keyring: Keyring): number {
  return Math.max(currentTerm(keyring).term, keyring.next?.term.term ?? 0);
}

function newFixed(generation: number): FixedKeys {
  const fresh = () => ({ generation, key: randomBytes(keyBytes) });
  return { index: fresh(), set: fresh(), anchor: fresh(), 'audit-seal': fresh(), 'audit-mac': fresh() };
}

function termParts({ term, createdAt, key }: TermKey): readonly Uint8Array[] {
  return [u32(term), u64(createdAt.getTime()), key];
}

function fixedParts(fixed: FixedKeys): readonly Uint8Array[] {
  return fixedNames.flatMap((name) => fixedKeyParts(fixed[name]));
}

function fixedKeyParts({ generation, key }: FixedKey): readonly Uint8Array[] {
  return [u32(generation), key];
}

function readTerm(reader: ByteReader): TermKey {
  const term = reader.u32();
  const createdAt = new Date(reader.u64());
  if (term === 0 || Number.isNaN(createdAt.getTime())) throw malformed();
  return { term, createdAt, key: reader.bytes(keyBytes) };
}

function readFixed(reader: ByteReader): FixedKeys {
  const read = () => readFixedKey(reader);
  return { index: read(), set: read(), anchor: read(), 'audit-seal': read(), 'audit-mac': read() };
}

function readFixedKey(reader: ByteReader): FixedKey {
  const generation = reader.u32();
  if (generation === 0) throw malformed();
  return { generation, key: reader.bytes(keyBytes) };
}

function malformed(): KeywardError {
  return new KeywardError('integrity', 'the keyring does not have the form it was written in');
}
