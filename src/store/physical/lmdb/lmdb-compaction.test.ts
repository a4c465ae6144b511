import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open as openRaw } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Commit, PhysicalStore } from '../physical-store.js';
import { createLmdbStore } from './lmdb-store.js';

let parent: string;
let folder: string;
const opened: PhysicalStore[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'keyward-compact-'));
  folder = join(parent, 'store');
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(parent, { recursive: true });
});

function open(at = folder): PhysicalStore {
  const store = createLmdbStore({ folder: at });
  opened.push(store);
  return store;
}

const key = (number: number) => Uint8Array.of(number >> 8, number & 0xff);

async function write(store: PhysicalStore, number: number, text: string): Promise<void> {
  const [row] = await store.get([key(number)]);
  const value = new TextEncoder().encode(text);
  const commit: Commit = {
    require: [{ key: key(number), revision: row?.revision }],
    put: [{ key: key(number), value }],
    remove: [],
  };
  expect((await store.commit(commit)).kind).toBe('committed');
}

async function text(store: PhysicalStore, number: number): Promise<string | undefined> {
  const [row] = await store.get([key(number)]);
  return row && new TextDecoder().decode(row.value);
}

async function removeRow(store: PhysicalStore, number: number): Promise<void> {
  const [row] = await store.get([key(number)]);
  await store.commit({ require: [{ key: key(number), revision: row?.revision }], put: [], remove: [key(number)] });
}

async function bytesOnDisk(): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Buffer.concat(await Promise.all(files.map((path) => readFile(path))));
}

describe('a compaction', () => {
  test('leaves nothing on the disk of what was replaced or removed, not even in the unused parts of pages', async () => {
    const store = open();
    for (let number = 0; number < 300; number++) await write(store, number, `former ${number} ${'x'.repeat(200)}`);
    for (let number = 0; number < 300; number++) {
      if (number % 3 === 0) await removeRow(store, number);
      else await write(store, number, `present ${number}`);
    }
    expect((await bytesOnDisk()).includes('former')).toBe(true);
    await store.compact();
    const after = await bytesOnDisk();
    expect(after.includes('former')).toBe(false);
    expect(after.includes('present 298')).toBe(true);
    expect(await readdir(folder)).toEqual(['rows-2']);
  });

  test('is followed by another opening of the store at its next read and at its next commit', async () => {
    const store = open();
    const [reader, writer] = [open(), open()];
    await write(store, 1, 'one');
    expect([await text(reader, 1), await text(writer, 1)]).toEqual(['one', 'one']);
    await store.compact();
    await write(writer, 2, 'two');
    expect([await text(reader, 2), await text(store, 2)]).toEqual(['two', 'two']);
    await reader.compact();
    expect(await text(store, 2)).toBe('two');
    expect(await readdir(folder)).toEqual(['rows-3']);
  });

  test('is noticed by another opening whose next use of the store is a commit', async () => {
    const [store, writer] = [open(), open()];
    await write(writer, 1, 'one');
    await write(store, 2, 'two');
    await store.compact();
    const row = { key: key(3), value: new TextEncoder().encode('three') };
    const outcome = await writer.commit({ require: [{ key: row.key, revision: undefined }], put: [row], remove: [] });
    expect(outcome.kind).toBe('committed');
    expect(await text(store, 3)).toBe('three');
  });

  test('loses nothing of what another opening commits meanwhile: it comes about before it, after it, or gives way', async () => {
    const store = open();
    const other = open();
    await write(other, 0, 'first');
    for (let number = 0; number < 200; number++) await write(store, number, 'first');
    const compaction = store.compact().then(
      () => 'done',
      ({ code }: { code: string }) => code,
    );
    for (let number = 0; number < 200; number++) await write(other, number, 'second');
    expect(['done', 'conflict']).toContain(await compaction);
    const fresh = open();
    for (let number = 0; number < 200; number++) expect(await text(fresh, number)).toBe('second');
  });

  test('that is repeated needs as much space as one', async () => {
    const store = open();
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 50; number++) await write(store, number, `${round} ${'x'.repeat(1000)}`);
      await store.compact();
    }
    expect(await readdir(folder)).toEqual(['rows-4']);
  });
});

/** As a compaction does once its copy is complete. */
async function markMoved(): Promise<void> {
  const options = { noSubdir: false, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false } as const;
  const raw = openRaw<Uint8Array, Uint8Array>({ path: folder, ...options });
  await raw.put(Uint8Array.of(2), Uint8Array.of(1));
  await raw.close();
}

describe('a compaction that was cut off', () => {
  /** A store with a row, and a complete copy of it under the name that a compaction gives it. */
  async function withCopy(name: string): Promise<void> {
    const store = open();
    await write(store, 1, 'kept');
    await store.compact();
    await store.close();
    await rename(join(folder, 'rows-2'), join(parent, 'new'));
    await cp(join(parent, 'new'), folder, { recursive: true });
    await rename(join(parent, 'new'), join(folder, name));
  }

  test('while it copied leaves the old files, and the next opening removes the copy', async () => {
    await withCopy('compacting');
    expect(await text(open(), 1)).toBe('kept');
    expect((await readdir(folder)).sort()).toEqual(['data.mdb', 'lock.mdb']);
  });

  test('before the old files were marked leaves these, and the next opening removes the copy', async () => {
    await withCopy('compacted');
    const store = open();
    await write(store, 1, 'later');
    expect((await readdir(folder)).sort()).toEqual(['data.mdb', 'lock.mdb']);
    expect(await text(open(), 1)).toBe('later');
  });

  test('after the new files got their name is tidied up by the next opening', async () => {
    const store = open();
    await write(store, 1, 'kept');
    await store.compact();
    await store.close();
    await writeFile(join(folder, 'data.mdb'), 'the former file', { mode: 0o600 });
    await mkdir(join(folder, 'discarded-0011'));
    expect(await text(open(), 1)).toBe('kept');
    expect(await readdir(folder)).toEqual(['rows-2']);
  });

  test('after the mark is finished by the next opening', async () => {
    await withCopy('compacted');
    await markMoved();
    expect(await text(open(), 1)).toBe('kept');
    expect(await readdir(folder)).toEqual(['rows-2']);
  });

  test('after the mark, and whose copy is gone, leaves the old files', async () => {
    await withCopy('compacted');
    await markMoved();
    await rm(join(folder, 'compacted'), { recursive: true });
    const store = open();
    expect(await text(store, 1)).toBe('kept');
    await write(store, 1, 'later');
    expect(await text(open(), 1)).toBe('later');
  });
});
