import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../crypto/encoding.js';
import { FakeClock } from '../../testing/fake-clock.js';
import {
  createKeyring,
  currentTerm,
  decodeKeyring,
  encodeKeyring,
  type Keyring,
  withKeysReplaced,
  withNewTerm,
  withNextKeys,
} from './keyring.js';

const clock = new FakeClock();
const key = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const fixedKey = () => fc.record({ generation: fc.integer({ min: 1, max: 0xffffffff }), key: key() });
const termKey = (term: fc.Arbitrary<number>) =>
  fc.record({
    term,
    key: key(),
    createdAt: fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
  });
const terms = fc
  .uniqueArray(fc.integer({ min: 1, max: 0xffffffff }), { minLength: 1, maxLength: 5 })
  .chain((numbers) => fc.tuple(...numbers.sort((a, b) => a - b).map((term) => termKey(fc.constant(term)))));
const fixed = () =>
  fc.record({
    index: fixedKey(),
    set: fixedKey(),
    anchor: fixedKey(),
    'audit-seal': fixedKey(),
    'audit-mac': fixedKey(),
  });
const keyrings = (): fc.Arbitrary<Keyring> =>
  fc.record({
    terms,
    fixed: fixed(),
    formerSeals: fc
      .uniqueArray(fixedKey(), { selector: ({ generation }) => generation, maxLength: 3 })
      .map((keys) => keys.sort((a, b) => a.generation - b.generation)),
    next: fc.option(fc.record({ term: termKey(fc.integer({ min: 1, max: 0xffffffff })), fixed: fixed() }), {
      nil: undefined,
    }),
  });
const allKeys = ({ terms, fixed }: Pick<Keyring, 'terms' | 'fixed'>): readonly string[] =>
  [...terms, ...Object.values(fixed)].map((entry) => toHex(entry.key));

describe('keyring', () => {
  test('begins with term 1 and six keys that are all different', () => {
    const keyring = createKeyring(clock);
    expect(currentTerm(keyring)).toMatchObject({ term: 1, createdAt: new Date(clock.now()) });
    expect(new Set(allKeys(keyring)).size).toBe(6);
    expect(Object.values(keyring.fixed).every((entry) => entry.generation === 1)).toBe(true);
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(keyrings(), (keyring) => {
        expect(decodeKeyring(encodeKeyring(keyring))).toEqual(keyring);
      }),
    );
  });

  test('has the newest term as its current one', () => {
    fc.assert(
      fc.property(keyrings(), (keyring) => {
        expect(currentTerm(keyring).term).toBe(Math.max(...keyring.terms.map(({ term }) => term)));
      }),
    );
  });

  test('is refused when it is cut, goes on, or has another layout', () => {
    const bytes = encodeKeyring(createKeyring(clock));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeKeyring(bytes.subarray(0, length))).toThrow('form it was written in');
    }
    expect(() => decodeKeyring(Uint8Array.of(...bytes, 0))).toThrow('form it was written in');
    for (const layout of [0, 1, 3])
      expect(() => decodeKeyring(bytes.with(0, layout))).toThrow('form it was written in');
  });

  test('is refused with terms out of order, a term or generation 0, or a time that is none', () => {
    const keyring = createKeyring(clock);
    const first = currentTerm(keyring);
    const withTerms = (...numbers: number[]) => ({ ...keyring, terms: numbers.map((term) => ({ ...first, term })) });
    for (const wrong of [
      withTerms(2, 1),
      withTerms(1, 1),
      withTerms(0),
      { ...keyring, fixed: { ...keyring.fixed, set: { ...keyring.fixed.set, generation: 0 } } },
      { ...keyring, formerSeals: [keyring.fixed.set, keyring.fixed.set] },
      { ...keyring, next: { term: { ...first, term: 0 }, fixed: keyring.fixed } },
    ]) {
      expect(() => decodeKeyring(encodeKeyring(wrong))).toThrow('form it was written in');
    }
    const farFuture = encodeKeyring(keyring);
    farFuture.set([0, 0x1f], 9);
    expect(() => decodeKeyring(farFuture)).toThrow('form it was written in');
  });

  test('is refused without a term', () => {
    expect(() => currentTerm({ ...createKeyring(clock), terms: [] })).toThrow('no term');
    expect(() => decodeKeyring(encodeKeyring({ ...createKeyring(clock), terms: [] }))).toThrow(
      'form it was written in',
    );
  });

  test('with all keys replaced keeps none of before but what opens older lines of the audit log', () => {
    const before = withNewTerm(createKeyring(clock), clock);
    const replaced = withKeysReplaced(withNextKeys(before, clock));
    expect(allKeys(replaced).filter((key) => allKeys(before).includes(key))).toEqual([]);
    expect(replaced).toMatchObject({ formerSeals: [before.fixed['audit-seal']], next: undefined });
    expect(Object.values(replaced.fixed).map(({ generation }) => generation)).toEqual([2, 2, 2, 2, 2]);
    const again = withKeysReplaced(withNextKeys(replaced, clock));
    expect(again.formerSeals.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(withKeysReplaced(before)).toBe(before);
  });

  test('gives the number of a term that waits to no other one', () => {
    const waiting = withNextKeys(createKeyring(clock), clock);
    expect(waiting.next?.term.term).toBe(2);
    expect(currentTerm(withNewTerm(waiting, clock)).term).toBe(3);
    expect(withNextKeys(waiting, clock).next?.term).toMatchObject({ term: 3 });
  });
});
