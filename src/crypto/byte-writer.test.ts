import { describe, expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { concat, lp, u8, u16, u32, u64 } from './encoding.js';

describe('a writer of bytes', () => {
  test.each([0, 1, 64])('gives the bytes of the single pieces, also when it has to grow from %i', (usual) => {
    const part = Uint8Array.of(1, 2, 3);
    const writer = new ByteWriter(usual).u8(255).u16(65_535).u32(4_294_967_295).u64(Number.MAX_SAFE_INTEGER);
    writer.bytes(part).lp(part).lp('naïve').lp('');
    const pieces = [u8(255), u16(65_535), u32(4_294_967_295), u64(Number.MAX_SAFE_INTEGER), part];
    expect(writer.written).toEqual(concat(...pieces, lp(part), lp('naïve'), lp('')));
  });

  test.each([256, -1, 0.5, Number.NaN])('refuses the number %d for one byte', (value) => {
    expect(() => new ByteWriter(1).u8(value)).toThrow('does not fit');
  });
});
