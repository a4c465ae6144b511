import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listFolder } from './list-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-list-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the names in a folder are listed', () => {
  writeFileSync(join(folder, 'one'), '');
  writeFileSync(join(folder, 'two'), '');
  expect([...listFolder(folder)].sort()).toEqual(['one', 'two']);
});

test('a folder that cannot be read is told in our words, with its path', () => {
  const missing = join(folder, 'missing');
  expect(() => listFolder(missing)).toThrow(
    expect.objectContaining({ code: 'config', message: expect.stringContaining(`cannot list ${missing}`) }),
  );
});
