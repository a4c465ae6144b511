import { describe, expect, test } from 'vitest';
import { type Argon2Cost, argon2id } from './argon2.js';
import { toHex, utf8 } from './encoding.js';

const floor: Argon2Cost = { memoryKiB: 19 * 1024, passes: 1, lanes: 1 };
const salt = utf8('somesaltsomesalt');

const referenceImplementation = [
  {
    passphrase: 'password',
    salt: 'somesalt',
    cost: { memoryKiB: 65536, passes: 2, lanes: 1 },
    hash: '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  },
  {
    passphrase: 'password',
    salt: 'somesalt',
    cost: { memoryKiB: 65536, passes: 1, lanes: 1 },
    hash: 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98',
  },
  {
    passphrase: 'differentpassword',
    salt: 'somesalt',
    cost: { memoryKiB: 65536, passes: 2, lanes: 1 },
    hash: '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
  },
  {
    passphrase: 'password',
    salt: 'diffsalt',
    cost: { memoryKiB: 65536, passes: 2, lanes: 1 },
    hash: 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c',
  },
];

describe('Argon2id', () => {
  test.each(referenceImplementation)('gives the hash of the reference implementation: $hash', async (vector) => {
    const hash = await argon2id(utf8(vector.passphrase), utf8(vector.salt), vector.cost);
    expect(toHex(hash)).toBe(vector.hash);
  });

  test('gives the hash that OpenSSL 3.5 gives with four lanes', async () => {
    const hash = await argon2id(utf8('password'), salt, { memoryKiB: 19 * 1024, passes: 3, lanes: 4 });
    expect(toHex(hash)).toBe('5b6e1bee83866266a8f1bd2728d6db6b0e8214e1eb808381af55dc2e1b50888f');
  });

  test('gives other bytes for another passphrase, salt, memory, pass count or lane count', async () => {
    const hashes = await Promise.all([
      argon2id(utf8('password'), salt, floor),
      argon2id(utf8('Password'), salt, floor),
      argon2id(utf8('password'), utf8('somesaltsomesalu'), floor),
      argon2id(utf8('password'), salt, { ...floor, memoryKiB: floor.memoryKiB + 8 }),
      argon2id(utf8('password'), salt, { ...floor, passes: 2 }),
      argon2id(utf8('password'), salt, { ...floor, lanes: 2 }),
    ]);
    expect(new Set(hashes.map(toHex)).size).toBe(hashes.length);
  });

  test.each<[string, Partial<Argon2Cost>]>([
    ['memory below 19 MiB', { memoryKiB: 19 * 1024 - 1 }],
    ['memory above 1 GiB', { memoryKiB: 1024 * 1024 + 1 }],
    ['no pass', { passes: 0 }],
    ['more than ten passes', { passes: 11 }],
    ['no lane', { lanes: 0 }],
    ['more than eight lanes', { lanes: 9 }],
    ['half a pass', { passes: 1.5 }],
    ['no number', { memoryKiB: Number.NaN }],
  ])('refuses %s before any work', async (_, change) => {
    await expect(argon2id(utf8('password'), salt, { ...floor, ...change })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('refuses a salt below eight bytes', async () => {
    await expect(argon2id(utf8('password'), utf8('somesal'), floor)).rejects.toMatchObject({ code: 'invalid' });
  });
});
