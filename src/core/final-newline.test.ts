import { expect, test } from 'vitest';
import { withoutFinalNewline } from './final-newline.js';

test.each([
  ['secret\n', 'secret'],
  ['secret\r\n', 'secret'],
  ['secret\n\n', 'secret\n'],
  ['secret\r\n\r\n', 'secret\r\n'],
  ['secret', 'secret'],
  ['secret\r', 'secret\r'],
  ['secret ', 'secret '],
  ['one\ntwo', 'one\ntwo'],
  ['\n', ''],
  ['\r\n', ''],
  ['', ''],
])('%j becomes %j', (before, after) => {
  expect(new TextDecoder().decode(withoutFinalNewline(new TextEncoder().encode(before)))).toBe(after);
});
