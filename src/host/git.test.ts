import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitStanding } from './git.js';

let root: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'keyward-git-')));
  mkdirSync(join(root, 'repository/out'), { recursive: true });
  execFileSync('git', ['init', '-q'], { cwd: join(root, 'repository') });
  writeFileSync(join(root, 'repository/.gitignore'), 'ignored*\n');
  symlinkSync(join(root, 'repository/out'), join(root, 'link'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ['a folder outside', 'file', 'outside'],
  ['a repository', 'repository/file', 'visible'],
  ['a folder of a repository that is not there yet', 'repository/new/folder/file', 'visible'],
  ['a repository that ignores the name', 'repository/ignored.env', 'ignored'],
  ['a link into a repository', 'link/file', 'visible'],
  ['a folder behind a link into a repository', 'link/new/file', 'visible'],
  ['a link into a repository that ignores the name', 'link/ignored.env', 'ignored'],
])('a file in %s', async (_place, file, standing) => {
  expect(await gitStanding([join(root, file)])).toBe(standing);
});
