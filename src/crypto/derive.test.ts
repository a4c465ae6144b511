import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hkdf, PrfKey, prf, sha256 } from './derive.js';
import { fromHex, toHex, utf8 } from './encoding.js';

const rfc5869 = [
  {
    secret: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf' + '34007208d5b887185865',
  },
  {
    secret: Array.from({ length: 80 }, (_, i) => i.toString(16).padStart(2, '0')).join(''),
    salt: Array.from({ length: 80 }, (_, i) => (0x60 + i).toString(16)).join(''),
    info: Array.from({ length: 80 }, (_, i) => (0xb0 + i).toString(16)).join(''),
    output:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
      '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
      'cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    secret: '0b'.repeat(22),
    salt: '',
    info: '',
    output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d' + '9d201395faa4b61a96c8',
  },
];

describe('derivation', () => {
  test.each(rfc5869)('gives the output of RFC 5869 for info $info', ({ secret, salt, info, output }) => {
    const derived = hkdf(fromHex(secret), fromHex(salt), fromHex(info), output.length / 2);
    expect(toHex(derived)).toBe(output);
  });

  test('takes the info as text or as its bytes', () => {
    const secret = Uint8Array.of(1);
    expect(hkdf(secret, secret, 'keyward')).toEqual(hkdf(secret, secret, utf8('keyward')));
  });

  test('gives the HMAC-SHA-256 of RFC 4231, however the message is cut', () => {
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(toHex(prf(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(expected);
    expect(toHex(prf(utf8('Jefe'), utf8('what do ya '), utf8(''), utf8('want for nothing?')))).toBe(expected);
  });

  test('gives the same keyed hash under a key that is kept, for every length and cut of the message', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 4 }),
        (key, parts) => {
          const kept = new PrfKey(key);
          expect(kept.mac(...parts)).toEqual(prf(key, ...parts));
          expect(kept.mac(utf8('next'))).toEqual(prf(key, utf8('next')));
        },
      ),
    );
  });

  test('gives hashes that later ones leave alone', () => {
    const kept = new PrfKey(utf8('Jefe'));
    const first = kept.mac(utf8('one'));
    kept.mac(utf8('two'));
    expect(first).toEqual(prf(utf8('Jefe'), utf8('one')));
  });

  test('refuses a key that HMAC would hash first', () => {
    expect(() => new PrfKey(new Uint8Array(65))).toThrow('too long');
  });

  test('forgets a key', () => {
    const kept = new PrfKey(utf8('Jefe'));
    const before = kept.mac(utf8('one'));
    kept.forget();
    expect(kept.mac(utf8('one'))).not.toEqual(before);
  });

  test('gives the SHA-256 of FIPS 180, however the message is cut', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(toHex(sha256(utf8('abc')))).toBe(expected);
    expect(toHex(sha256(utf8('a'), utf8('bc')))).toBe(expected);
  });
});
