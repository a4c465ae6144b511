import { symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { readPlainFile, readTextFile } from './plain-file.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

test('text comes back with its byte order mark, and an absent file is undefined', async () => {
  const path = folder.write('file', '\uFEFFgrüße\r\n');
  expect(await readTextFile(path, { maxBytes: 100 })).toBe('\uFEFFgrüße\r\n');
  expect(await readTextFile(folder.path('absent'), { maxBytes: 100 })).toBeUndefined();
});

test('a symbolic link to a file is followed', async () => {
  folder.write('file', 'x');
  symlinkSync('file', folder.path('link'));
  expect(await readTextFile(folder.path('link'), { maxBytes: 1 })).toBe('x');
});

test('what is not UTF-8 is invalid', async () => {
  const path = folder.write('file', Uint8Array.from([0xc3, 0x28]));
  await expect(readTextFile(path, { maxBytes: 100 })).rejects.toMatchObject({ code: 'invalid' });
});

test('a file of several chunks is whole, and one byte over the limit is too large', async () => {
  const content = new Uint8Array(200_000).map((_, i) => i % 251);
  const path = folder.write('file', content);
  expect((await readPlainFile(path, { maxBytes: 200_000 }))?.bytes).toEqual(content);
  await expect(readPlainFile(path, { maxBytes: 199_999 })).rejects.toMatchObject({ code: 'too_large' });
});

test('a folder and a device are refused', async () => {
  for (const path of [folder.path('.'), '/dev/zero']) {
    await expect(readPlainFile(path, { maxBytes: 10 })).rejects.toMatchObject({ code: 'config' });
  }
});
