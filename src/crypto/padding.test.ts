import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, equalBytes, u32 } from './encoding.js';
import { pad, unpad } from './padding.js';

const refusal = 'the padding of a payload is not as it was written';
const paddedSize = (length: number) => pad(new Uint8Array(length)).length;

describe('padding', () => {
  test('comes off exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(equalBytes(unpad(pad(bytes)), bytes)).toBe(true);
      }),
    );
    const largest = new Uint8Array(512 * 1024).fill(0xaa);
    expect(equalBytes(unpad(pad(largest)), largest)).toBe(true);
  });

  test('leaves only multiples of 64 bytes up to 1 KiB', () => {
    expect([0, 60, 61, 124, 125, 1020].map(paddedSize)).toEqual([64, 64, 128, 128, 192, 1024]);
  });

  test('leaves only Padmé sizes above 1 KiB', () => {
    expect([1021, 1084, 2044, 2045, 4093, 65532, 65533].map(paddedSize)).toEqual([
      1088, 1088, 2048, 2176, 4352, 65536, 67584,
    ]);
    const sizes = new Set(Array.from({ length: 4096 }, (_, index) => paddedSize(16 * index)));
    expect(sizes.size).toBeLessThan(150);
  });

  test('never adds more than 12 percent above 1 KiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 512 * 1024 }), (length) => {
        expect(paddedSize(length)).toBeLessThanOrEqual(Math.ceil((length + 4) * 1.12));
      }),
    );
  });

  test('never makes a longer payload smaller than a shorter one', () => {
    for (let length = 0; length < 5000; length++) {
      expect(paddedSize(length + 1)).toBeGreaterThanOrEqual(paddedSize(length));
    }
  });

  test('is refused in any form but the one that is written', () => {
    const padded = pad(Uint8Array.of(1, 2, 3));
    const withNoise = Uint8Array.from(padded);
    withNoise[63] = 1;
    for (const wrong of [
      withNoise,
      padded.subarray(0, 63),
      concat(padded, new Uint8Array(64)),
      concat(u32(61), new Uint8Array(60)),
      concat(u32(0xffffffff), new Uint8Array(60)),
      new Uint8Array(128),
    ]) {
      expect(() => unpad(wrong)).toThrow(refusal);
    }
    for (const short of [new Uint8Array(0), new Uint8Array(3)])
      expect(() => unpad(short)).toThrow('form it was written');
  });

  test('reads back only bytes that it would write again', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.constantFrom(64, 128, 192), fc.nat(200), (length, size, noiseAt) => {
        const candidate = concat(u32(length), new Uint8Array(size - 4));
        if (noiseAt < size) candidate[noiseAt] = 1;
        let read: Uint8Array | undefined;
        try {
          read = unpad(candidate);
        } catch {
          return;
        }
        expect(pad(read)).toEqual(candidate);
      }),
    );
  });
});
