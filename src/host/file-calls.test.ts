import { mkdtemp, realpath as realPathOf, rm as remove } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  callDirectly,
  close,
  fstat,
  fsync,
  lstat,
  mkdir,
  open,
  read,
  readdir,
  rm,
  stat,
  writeFile,
} from './file-calls.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(await realPathOf(tmpdir()), 'keyward-calls-'));
});
afterAll(() => remove(folder, { recursive: true }));

describe.each(['on another thread', 'on this thread'])('a call that is made %s', (where) => {
  const path = () => join(folder, where.replaceAll(' ', '-'));

  beforeAll(() => {
    if (where === 'on this thread') callDirectly();
  });

  test('does the same', async () => {
    expect(await mkdir(path(), { recursive: true })).toBe(path());
    const name = join(path(), 'file');
    await writeFile(name, 'content', { flag: 'wx', mode: 0o600 });
    expect(await readdir(path())).toEqual(['file']);
    const file = await open(name, 'r');
    const bytes = new Uint8Array(10);
    expect(await read(file, bytes, 1, 9)).toBe(7);
    expect(Buffer.from(bytes).toString()).toBe('\0content\0\0');
    expect(await read(file, bytes, 0, 10)).toBe(0);
    await fsync(file);
    expect((await fstat(file)).size).toBe(7);
    expect((await stat(name, { bigint: true })).size).toBe(7n);
    await close(file);
    await rm(path(), { recursive: true });
  });

  test('rejects with the error of the system', async () => {
    const absent = expect.objectContaining({ code: 'ENOENT', syscall: 'lstat', path: '/no/such/file' });
    await expect(lstat('/no/such/file')).rejects.toEqual(absent);
  });
});
