import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from './encoding.js';
import { generateSigningKey, sign, signingPublicKey, verifySignature } from './signing.js';

const rfc8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

describe('signing', () => {
  test.each(rfc8032)('gives the signature of RFC 8032 for the message "$message"', (vector) => {
    const [seed, publicKey, message] = [fromHex(vector.seed), fromHex(vector.publicKey), fromHex(vector.message)];
    expect(toHex(signingPublicKey(seed))).toBe(vector.publicKey);
    expect(toHex(sign(seed, message))).toBe(vector.signature);
    expect(verifySignature(publicKey, message, fromHex(vector.signature))).toBe(true);
  });

  test('holds for the message and key it was made with and no other', () => {
    const key = generateSigningKey();
    const message = Uint8Array.of(1, 2, 3);
    const signature = sign(key.privateKey, message);
    expect(verifySignature(key.publicKey, message, signature)).toBe(true);
    expect(verifySignature(key.publicKey, Uint8Array.of(1, 2, 4), signature)).toBe(false);
    expect(verifySignature(generateSigningKey().publicKey, message, signature)).toBe(false);
    for (let bit = 0; bit < 512; bit++) {
      const damaged = Uint8Array.from(signature);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifySignature(key.publicKey, message, damaged)).toBe(false);
    }
  });

  test('does not hold for keys and signatures of another length', () => {
    const key = generateSigningKey();
    const message = Uint8Array.of(1);
    const signature = sign(key.privateKey, message);
    expect(verifySignature(key.publicKey.subarray(1), message, signature)).toBe(false);
    expect(verifySignature(concat(key.publicKey, message), message, signature)).toBe(false);
    expect(verifySignature(key.publicKey, message, signature.subarray(1))).toBe(false);
    expect(verifySignature(key.publicKey, message, concat(signature, message))).toBe(false);
    expect(() => sign(key.privateKey.subarray(1), message)).toThrow('32 bytes');
  });
});
