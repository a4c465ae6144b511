import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from './encoding.js';
import { x25519, x25519PublicKey } from './x25519.js';

describe('X25519', () => {
  test.each([
    {
      scalar: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      point: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      output: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    },
    {
      scalar: '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      point: 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      output: '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    },
  ])('gives the output of RFC 7748 for the scalar $scalar', ({ scalar, point, output }) => {
    expect(toHex(x25519(fromHex(scalar), fromHex(point)))).toBe(output);
  });

  test('gives both sides of RFC 7748 the same secret', () => {
    const alice = fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(toHex(x25519PublicKey(alice))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(x25519PublicKey(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(toHex(x25519(alice, x25519PublicKey(bob)))).toBe(shared);
    expect(toHex(x25519(bob, x25519PublicKey(alice)))).toBe(shared);
  });

  test('refuses public keys of low order and keys of another length', () => {
    const scalar = new Uint8Array(32).fill(9);
    expect(() => x25519(scalar, new Uint8Array(32))).toThrow('no key agreement');
    expect(() => x25519(scalar, Uint8Array.of(1, ...new Uint8Array(31)))).toThrow('no key agreement');
    expect(() => x25519(scalar, new Uint8Array(31))).toThrow('32 bytes');
    expect(() => x25519PublicKey(new Uint8Array(33))).toThrow('32 bytes');
  });
});
