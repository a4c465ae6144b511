import { describe, expect, test } from 'vitest';
import { toHex } from './encoding.js';
import { publicRandomBytes } from './random.js';

describe('random bytes of a common supply', () => {
  test('are given out once, beyond the first supply too', () => {
    const given = Array.from({ length: 3000 }, (_, index) => publicRandomBytes(index % 2 === 0 ? 16 : 24));
    expect(new Set(given.map((bytes) => toHex(bytes.subarray(0, 16)))).size).toBe(given.length);
    expect(given.every((bytes, index) => bytes.length === (index % 2 === 0 ? 16 : 24))).toBe(true);
  });

  test('lie in memory of their own', () => {
    const bytes = publicRandomBytes(16);
    expect(bytes.buffer.byteLength).toBe(16);
  });
});
