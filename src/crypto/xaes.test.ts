import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from './encoding.js';
import { XaesKey, xaesOpen, xaesSeal } from './xaes.js';

const nonce = utf8('ABCDEFGHIJKLMNOPQRSTUVWX');
const plaintext = utf8('XAES-256-GCM');

const worked = [
  {
    name: 'with the top bit of L clear',
    key: new Uint8Array(32).fill(1),
    aad: utf8(''),
    derived: 'c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b',
    sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271',
  },
  {
    name: 'with the top bit of L set',
    key: new Uint8Array(32).fill(3),
    aad: utf8('c2sp.org/XAES-256-GCM'),
    derived: 'e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8',
    sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
  },
];

const accumulated = [
  { iterations: 10_000, digest: 'e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939' },
  { iterations: 1_000_000, digest: '2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15' },
];

describe('XAES-256-GCM', () => {
  test.each(worked)('gives the published ciphertext $name', ({ key, aad, derived, sealed }) => {
    const xaes = new XaesKey(key);
    expect(toHex(xaes.derive(nonce))).toBe(derived);
    expect(toHex(xaesSeal({ nonce, key: xaes.derive(nonce) }, plaintext, aad))).toBe(sealed);
    expect(xaesOpen(xaes, nonce, fromHex(sealed), aad)).toEqual(plaintext);
  });

  const runs = process.env['KEYWARD_FULL'] === '1' ? accumulated : accumulated.slice(0, 1);
  test.each(runs)('gives the published digest over $iterations random cases', { timeout: 600_000 }, (run) => {
    const averageBytes = 320;
    const input = createHash('shake128', { outputLength: run.iterations * averageBytes }).digest();
    const outputs = createHash('shake128', { outputLength: 32 });
    let offset = 0;
    const take = (length: number) => {
      offset += length;
      return input.subarray(offset - length, offset);
    };
    const takeShort = () => take(take(1)[0] ?? 0);
    for (let iteration = 0; iteration < run.iterations; iteration++) {
      const key = new XaesKey(take(32));
      const [caseNonce, casePlaintext, caseAad] = [take(24), takeShort(), takeShort()];
      const sealed = xaesSeal({ nonce: caseNonce, key: key.derive(caseNonce) }, casePlaintext, caseAad);
      outputs.update(sealed);
      if (iteration % 100 === 0)
        expect(toHex(xaesOpen(key, caseNonce, sealed, caseAad) ?? nonce)).toBe(toHex(casePlaintext));
    }
    expect(outputs.digest('hex')).toBe(run.digest);
  });

  test('refuses keys and nonces of another length', () => {
    expect(() => new XaesKey(new Uint8Array(31))).toThrow('must be 32 bytes');
    expect(() => new XaesKey(new Uint8Array(32)).derive(new Uint8Array(12))).toThrow('24 bytes');
  });

  test('does not open shortened tags', () => {
    const key = new XaesKey(new Uint8Array(32));
    const sealed = xaesSeal({ nonce, key: key.derive(nonce) }, plaintext, utf8(''));
    for (let length = 0; length < sealed.length; length++) {
      expect(xaesOpen(key, nonce, sealed.subarray(0, length), utf8(''))).toBeUndefined();
    }
  });

  test('gives out each nonce once, with the key that opens what it sealed', () => {
    const key = new XaesKey(new Uint8Array(32).fill(7));
    const seen = new Set<string>();
    for (let count = 0; count < 200; count += 1) {
      const fresh = key.fresh();
      seen.add(toHex(fresh.nonce));
      expect(xaesOpen(key, fresh.nonce, xaesSeal(fresh, plaintext, nonce), nonce)).toEqual(plaintext);
    }
    expect(seen.size).toBe(200);
  });

  test('does not print its key', () => {
    expect(JSON.stringify(new XaesKey(new Uint8Array(32).fill(7)))).toBe('{}');
  });
});
