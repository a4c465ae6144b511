import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../crypto/encoding.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createKeyring, currentTerm, decodeKeyring, encodeKeyring, type Keyring } from './keyring.js';

const clock = new FakeClock();
const key = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const fixedKey = () => fc.record({ generation: fc.integer({ min: 1, max: 0xffffffff }), key: key() });
const terms = fc.uniqueArray(fc.integer({ min: 1, max: 0xffffffff }), { minLength: 1, maxLength: 5 }).chain((numbers) =>
  fc.tuple(
    ...numbers
      .sort((a, b) => a - b)
      .map((term) =>
        fc.record({
          term: fc.constant(term),
          key: key(),
          createdAt: fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
        }),
      ),
  ),
);
const keyrings = (): fc.Arbitrary<Keyring> =>
  fc.record({
    terms,
    fixed: fc.record({
      index: fixedKey(),
      set: fixedKey(),
      anchor: fixedKey(),
      'audit-seal': fixedKey(),
      'audit-mac': fixedKey(),
    }),
  });

describe('keyring', () => {
  test('begins with term 1 and six keys that are all different', () => {
    const keyring = createKeyring(clock);
    expect(currentTerm(keyring)).toMatchObject({ term: 1, createdAt: new Date(clock.now()) });
    const keys = [...keyring.terms, ...Object.values(keyring.fixed)].map((entry) => toHex(entry.key));
    expect(new Set(keys).size).toBe(6);
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
    expect(() => decodeKeyring(bytes.with(0, 2))).toThrow('form it was written in');
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
});
