import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { exportFolder } from './export-folder.js';

let folder: TemporaryFolder;
let out: string;
beforeEach(() => {
  folder = temporaryFolder();
  out = folder.path('out');
});
afterEach(() => folder.remove());

const write = (files: Readonly<Record<string, string>>, force = false) =>
  exportFolder(out, new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])), { force });
const names = () =>
  readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(out, name)).isFile() && !name.startsWith('.'))
    .sort();

describe('a folder of exported values', () => {
  test('has files and folders for their owner alone', async () => {
    expect(await write({ 'a/b/c': 'x', d: '\0\n' })).toEqual({ written: 2, removed: [] });
    expect(readFileSync(join(out, 'd'), 'latin1')).toBe('\0\n');
    const modes = ['', 'a', 'a/b', 'a/b/c', 'd', '.keyward-export.json'].map(
      (name) => statSync(join(out, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600, 0o600]);
  });

  test('follows what is exported, and keeps what others made', async () => {
    await write({ 'a/b': '1', 'a/c': '2', d: '3' });
    folder.write('out/a/mine', 'x');
    expect(await write({ 'a/b': '4', a2: '5' })).toEqual({ written: 2, removed: ['a/c', 'd'] });
    expect(names()).toEqual(['a/b', 'a/mine', 'a2']);
    expect(await write({ e: '6' })).toEqual({ written: 1, removed: ['a/b', 'a2'] });
    expect(names()).toEqual(['a/mine', 'e']);
  });

  test('may turn a file into a folder', async () => {
    await write({ a: '1' });
    await write({ 'a/b': '2' });
    await write({ a: '3' });
    expect(names()).toEqual(['a']);
  });

  test('replaces no file of others unless it is told to', async () => {
    folder.write('out/a', 'mine');
    chmodSync(out, 0o700);
    await expect(write({ b: 'x', a: 'x' })).rejects.toMatchObject({ code: 'conflict' });
    expect(names()).toEqual(['a']);
    await write({ a: 'x' }, true);
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe('x');
  });

  test('does not reach out through links', async () => {
    folder.write('outside/b', 'keep');
    await write({ 'a/b': 'x' });
    await write({});
    symlinkSync(folder.path('outside'), join(out, 'a'));
    await expect(write({ 'a/b': 'x' }, true)).rejects.toMatchObject({ code: 'config' });
    expect(readFileSync(folder.path('outside/b'), 'utf8')).toBe('keep');
    await expect(write({})).resolves.toMatchObject({ removed: ['a/b'] });
    expect(readFileSync(folder.path('outside/b'), 'utf8')).toBe('keep');
  });

  test.each(['../x', '/x', 'a/../b', '.hidden', 'a/.b', '', 'a//b', 'a\nb', 'x'.repeat(256)])(
    'has no file called %j, also when its list says so',
    async (name) => {
      await expect(write({ [name]: 'x' })).rejects.toMatchObject({ code: 'invalid' });
      await write({ ok: 'x' });
      folder.write('out/.keyward-export.json', JSON.stringify({ [name]: true }));
      chmodSync(join(out, '.keyward-export.json'), 0o600);
      await expect(write({})).rejects.toMatchObject({ code: 'config' });
    },
  );

  test('cannot have a value at a name that is a folder of others', async () => {
    await expect(write({ a: '1', 'a/b': '2' })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('must be closed to others', async () => {
    await write({ a: '1' });
    chmodSync(out, 0o755);
    await expect(write({ a: '2' })).rejects.toMatchObject({
      code: 'config',
      advice: expect.stringContaining('chmod 700'),
    });
  });
});
