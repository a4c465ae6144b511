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
  /** Counts from 1; the next one is an offline migration. */
  readonly generation: number;
  readonly key: Uint8Array;
}

/** The order of the stored form. */
const fixedNames = ['index', 'set', 'anchor', 'audit-seal', 'audit-mac'] as const;

export type FixedKeyName = (typeof fixedNames)[number];

/** The keys of a store, all random and independent; kept sealed under the root key. */
export interface Keyring {
  /** Oldest first; at least one. */
  readonly terms: readonly TermKey[];
  readonly fixed: Readonly<Record<FixedKeyName, FixedKey>>;
}

const layout = 1;
const keyBytes = 32;

export function createKeyring(clock: Clock): Keyring {
  const first = () => ({ generation: 1, key: randomBytes(keyBytes) });
  return {
    terms: [{ term: 1, key: randomBytes(keyBytes), createdAt: new Date(clock.now()) }],
    fixed: { index: first(), set: first(), anchor: first(), 'audit-seal': first(), 'audit-mac': first() },
  };
}

/** The keyring with a further term, which new boxes are sealed under from now on. */
export function withNewTerm(keyring: Keyring, clock: Clock): Keyring {
  const term = currentTerm(keyring).term + 1;
  const next = { term, key: randomBytes(keyBytes), createdAt: new Date(clock.now()) };
  return { ...keyring, terms: [...keyring.terms, next] };
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
 * layout(1) ‖ number of terms(4) ‖ for each: term(4) ‖ created, ms since 1970(8) ‖ key(32) ‖
 * for each fixed key, in order: generation(4) ‖ key(32).
 */
export function encodeKeyring(keyring: Keyring): Uint8Array {
  return concat(
    u8(layout),
    u32(keyring.terms.length),
    ...keyring.terms.flatMap(({ term, createdAt, key }) => [u32(term), u64(createdAt.getTime()), key]),
    ...fixedNames.flatMap((name) => [u32(keyring.fixed[name].generation), keyring.fixed[name].key]),
  );
}

/** @throws KeywardError `integrity` for anything that `encodeKeyring` does not write. */
export function decodeKeyring(bytes: Uint8Array): Keyring {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== layout) throw malformed();
  const count = reader.u32();
  if (count === 0) throw malformed();
  const terms: TermKey[] = [];
  for (let index = 0; index < count; index++) {
    const term = reader.u32();
    if (term <= (terms.at(-1)?.term ?? 0)) throw malformed();
    const createdAt = new Date(reader.u64());
    if (Number.isNaN(createdAt.getTime())) throw malformed();
    terms.push({ term, createdAt, key: reader.bytes(keyBytes) });
  }
  const fixed = (): FixedKey => {
    const generation = reader.u32();
    if (generation === 0) throw malformed();
    return { generation, key: reader.bytes(keyBytes) };
  };
  const keyring = {
    terms,
    fixed: { index: fixed(), set: fixed(), anchor: fixed(), 'audit-seal': fixed(), 'audit-mac': fixed() },
  };
  reader.end();
  return keyring;
}

function malformed(): KeywardError {
  return new KeywardError('integrity', 'the keyring does not have the form it was written in');
}
