import { symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { isBelowFolder, realPath } from './real-path.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

test('the real path follows every link, and is undefined where nothing is', async () => {
  const file = folder.write('data/key', 'x');
  symlinkSync('data', folder.path('link'));
  expect(await realPath(folder.path('link/key'))).toBe(file);
  expect(await realPath(folder.path('link/missing'))).toBeUndefined();
});

test('a path that is neither there nor absent is an error', async () => {
  symlinkSync('loop', folder.path('loop'));
  await expect(realPath(folder.path('loop'))).rejects.toMatchObject({ name: 'KeywardError' });
});

test('a folder reached over a link holds its files, one with the same beginning does not', async () => {
  const file = folder.write('data/key', 'x');
  folder.write('dat/other', 'x');
  symlinkSync('data', folder.path('link'));
  expect(await isBelowFolder(file, folder.path('link'))).toBe(true);
  expect(await isBelowFolder(file, folder.path('dat'))).toBe(false);
  expect(await isBelowFolder(file, folder.path('missing'))).toBe(false);
});

test('the root folder holds every file', async () => {
  expect(await isBelowFolder('/.env', '/')).toBe(true);
});
