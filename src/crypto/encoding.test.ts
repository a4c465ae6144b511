import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import {
  ByteReader,
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  lp,
  toBase64,
  toHex,
  u8,
  u16,
  u32,
  u64,
  utf8,
} from './encoding.js';

const bytes = () => fc.uint8Array({ maxLength: 100 });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KeywardError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('encoding', () => {
  test('writes integers big-endian and reads them back', () => {
    expect(toHex(concat(u8(1), u16(0x0203), u32(0x04050607), u64(0x08090a0b0c0d0e)))).toBe(
      '01020304050607' + '0008090a0b0c0d0e',
    );
    fc.assert(
      fc.property(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffffffff), fc.maxSafeNat(), (a, b, c, d) => {
        const reader = new ByteReader(concat(u8(a), u16(b), u32(c), u64(d)));
        expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([a, b, c, d]);
        reader.end();
      }),
    );
  });

  test('refuses integers that do not fit', () => {
    for (const run of [
      () => u8(256),
      () => u16(-1),
      () => u32(2 ** 32),
      () => u32(1.5),
      () => u32(Number.NaN),
      () => u64(2 ** 53),
      () => u64(-1),
    ]) {
      expect(codeOf(run)).toBe('internal');
    }
  });

  test('gives different bytes for different lists of length-prefixed parts', () => {
    fc.assert(
      fc.property(fc.array(bytes()), fc.array(bytes()), (a, b) => {
        const same = a.length === b.length && a.every((part, index) => equalBytes(part, b[index] ?? part.subarray(1)));
        expect(equalBytes(concat(...a.map(lp)), concat(...b.map(lp)))).toBe(same);
      }),
    );
  });

  test('reads length-prefixed parts back exactly', () => {
    fc.assert(
      fc.property(bytes(), fc.string({ unit: 'grapheme' }), bytes(), (first, text, last) => {
        const reader = new ByteReader(concat(lp(first), lp(text), last));
        expect(reader.lp()).toEqual(first);
        expect(reader.text()).toBe(text);
        expect(reader.rest()).toEqual(last);
        reader.end();
      }),
    );
  });

  test('reports integrity when the bytes are too short, too long or not text', () => {
    expect(codeOf(() => new ByteReader(new Uint8Array(3)).u32())).toBe('integrity');
    expect(codeOf(() => new ByteReader(u32(5)).lp())).toBe('integrity');
    expect(codeOf(() => new ByteReader(u8(0)).end())).toBe('integrity');
    expect(codeOf(() => new ByteReader(lp(Uint8Array.of(0xff))).text())).toBe('integrity');
    expect(codeOf(() => new ByteReader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)).u64())).toBe('integrity');
  });

  test('hands out copies, so that later changes do not reach the source', () => {
    const source = Uint8Array.of(1, 2, 3);
    new ByteReader(source).rest().fill(9);
    expect(source).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('reads views into larger memory at their own place', () => {
    const memory = concat(u32(0xffffffff), u32(7), u32(0xffffffff));
    expect(new ByteReader(memory.subarray(4, 8)).u32()).toBe(7);
    expect(toHex(memory.subarray(4, 8))).toBe('00000007');
    expect(toBase64(memory.subarray(4, 8))).toBe('AAAABw==');
  });

  test('has one hexadecimal and one base64 spelling of every byte string', () => {
    fc.assert(
      fc.property(bytes(), (value) => {
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromBase64(toBase64(value))).toEqual(value);
      }),
    );
  });

  test.each(['A0', 'a', '0g', ' 00', '00 ', '0x00', '00\n'])('refuses the hexadecimal spelling %j', (text) => {
    expect(codeOf(() => fromHex(text))).toBe('invalid');
  });

  test.each(['AA', 'AA=', 'AB==', 'A-__', 'AAAA ', '=', 'AAAA====', 'AA==AA=='])('refuses the base64 %j', (text) => {
    expect(codeOf(() => fromBase64(text))).toBe('invalid');
  });

  test('keeps texts and bytes one to one', () => {
    expect(codeOf(() => utf8('\ud800'))).toBe('invalid');
    expect(codeOf(() => fromUtf8(Uint8Array.of(0xc0, 0x80)))).toBe('invalid');
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
  });

  test('compares bytes by content', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  });
});
