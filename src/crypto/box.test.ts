import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BoxContext, BoxKey, boxTerm, openBox, sealBox } from './box.js';
import { type BoxKind, boxKinds } from './box-kinds.js';
import { concat, equalBytes, fromHex, toHex, u32, utf8 } from './encoding.js';
import { randomBytes } from './random.js';

const key = new BoxKey(new Uint8Array(32).fill(0x42));
const context: BoxContext = {
  storeId: 'store-1',
  kind: 'secret',
  rowKey: Uint8Array.of(1, 2, 3),
  version: 7,
  schema: 1,
};
const plaintext = utf8('attack at dawn');
const refusal = 'a sealed box does not open: it is damaged, was moved, or is of another key';

describe('box', () => {
  test('opens to what was sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(0xffffffff), (bytes, term) => {
        const box = sealBox(key, term, context, bytes);
        expect(box.length).toBe(bytes.length + 45);
        expect(boxTerm(box)).toBe(term);
        expect(openBox(key, context, box)).toEqual(bytes);
      }),
    );
  });

  test('opens the box that the first release sealed', () => {
    const box = fromHex(
      '010000000395828cdc91ba7dfba79f1c0adc2e886f0b941535674c854883393fbe00391d888daa5aea800b3537de964bd7b0d4b15a10c58429c266',
    );
    expect(openBox(key, context, box)).toEqual(plaintext);
    expect(boxTerm(box)).toBe(3);
  });

  const others: readonly (readonly [string, Partial<BoxContext>])[] = [
    ['store', { storeId: 'store-2' }],
    ['row', { rowKey: Uint8Array.of(1, 2, 4) }],
    ['version', { version: 8 }],
    ['schema', { schema: 2 }],
  ];
  test.each(others)('of one %s never opens as of another', (_, change) => {
    const box = sealBox(key, 1, context, plaintext);
    expect(() => openBox(key, { ...context, ...change }, box)).toThrow(refusal);
  });

  test('of one kind never opens as of another', () => {
    const kinds = Object.keys(boxKinds).filter((name): name is BoxKind => name in boxKinds);
    for (const sealedAs of kinds) {
      const box = sealBox(key, 1, { ...context, kind: sealedAs }, plaintext);
      for (const openedAs of kinds.filter((kind) => kind !== sealedAs)) {
        expect(() => openBox(key, { ...context, kind: openedAs }, box)).toThrow(refusal);
      }
    }
  });

  test('of one term never opens as of another', () => {
    const box = sealBox(key, 1, context, plaintext);
    box.set(u32(2), 1);
    expect(() => openBox(key, context, box)).toThrow(refusal);
  });

  test('never opens under another key', () => {
    const box = sealBox(key, 1, context, plaintext);
    for (let bit = 0; bit < 256; bit++) {
      const other = new Uint8Array(32).fill(0x42);
      other[bit >> 3] = 0x42 ^ (1 << (bit & 7));
      expect(() => openBox(new BoxKey(other), context, box)).toThrow(refusal);
    }
  });

  test('shows every flipped bit, every cut and every addition, always with the same error', () => {
    const box = sealBox(key, 1, context, plaintext);
    for (let bit = 0; bit < box.length * 8; bit++) {
      const damaged = Uint8Array.from(box);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openBox(key, context, damaged)).toThrow(refusal);
    }
    for (let length = 0; length < box.length; length++) {
      expect(() => openBox(key, context, box.subarray(0, length))).toThrow(refusal);
    }
    expect(() => openBox(key, context, concat(box, Uint8Array.of(0)))).toThrow(refusal);
    expect(() => boxTerm(new Uint8Array(4))).toThrow(refusal);
  });

  test('never gives a plaintext for bytes that nobody sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => openBox(key, context, concat(Uint8Array.of(1), bytes))).toThrow(refusal);
      }),
    );
  });

  test('differs each time, although the plaintext is the same', () => {
    const seen = new Set(Array.from({ length: 100 }, () => toHex(sealBox(key, 1, context, plaintext).subarray(5, 29))));
    expect(seen.size).toBe(100);
  });

  test('does not show its plaintext', () => {
    const marker = randomBytes(16);
    const box = sealBox(key, 1, context, concat(marker, marker));
    for (let at = 0; at + 16 <= box.length; at++) expect(equalBytes(box.subarray(at, at + 16), marker)).toBe(false);
  });
});
