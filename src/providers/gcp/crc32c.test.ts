import { expect, test } from 'vitest';
import { crc32c } from './crc32c.js';

const bytes = (length: number, at: (i: number) => number) => Uint8Array.from({ length }, (_, i) => at(i));

test('the checksum is that of RFC 3720 and of the recorded answers', () => {
  expect(crc32c(new Uint8Array())).toBe(0);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(bytes(32, () => 0))).toBe(0x8a9136aa);
  expect(crc32c(bytes(32, () => 255))).toBe(0x62a8ab43);
  expect(crc32c(bytes(32, (i) => i))).toBe(0x46dd794e);
  expect(crc32c(bytes(32, (i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(Buffer.from('hello world'))).toBe(3381945770);
});
