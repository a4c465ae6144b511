import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setBackSharedNumber } from '../../../testing/set-back-shared-number.js';
import type { PhysicalStore } from '../physical-store.js';
import { LmdbEnvironment } from './lmdb-environment.js';
import { createLmdbSequencer } from './lmdb-sequencer.js';
import { createLmdbStore } from './lmdb-store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-newest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function put(store: PhysicalStore, key: number): Promise<void> {
  const row = Uint8Array.of(key);
  const outcome = await store.commit({
    require: [{ key: row, revision: undefined }],
    put: [{ key: row, value: row }],
    remove: [],
  });
  expect(outcome.kind).toBe('committed');
}

async function keysIn(store: PhysicalStore): Promise<readonly number[]> {
  const keys: number[] = [];
  for await (const row of store.list(new Uint8Array())) keys.push(row.key[0] ?? 0);
  return keys;
}

describe('a commit that others were led away from, because a process opened the files meanwhile', () => {
  test('is not undone by the next writer', async () => {
    const store = createLmdbStore({ folder });
    for (const key of [1, 2, 3]) await put(store, key);
    setBackSharedNumber(join(folder, 'lock.mdb'));
    await put(store, 4);
    expect(await keysIn(store)).toEqual([1, 2, 3, 4]);
    await store.close();
  });

  test('is seen by a process that opens the files next', async () => {
    const store = createLmdbStore({ folder });
    for (const key of [1, 2, 3]) await put(store, key);
    setBackSharedNumber(join(folder, 'lock.mdb'));
    await store.close();
    const next = createLmdbStore({ folder });
    expect(await keysIn(next)).toEqual([1, 2, 3]);
    await next.close();
  });

  test('is read and listed by the process that made it', async () => {
    const store = createLmdbStore({ folder });
    for (const key of [1, 2, 3]) await put(store, key);
    setBackSharedNumber(join(folder, 'lock.mdb'));
    expect((await store.get([Uint8Array.of(3)]))[0]?.value).toEqual(Uint8Array.of(3));
    setBackSharedNumber(join(folder, 'lock.mdb'));
    expect(await keysIn(store)).toEqual([1, 2, 3]);
    await store.close();
  });

  test('is read by one that was led away between its opening and its first read', async () => {
    const store = createLmdbStore({ folder });
    for (const key of [1, 2, 3]) await put(store, key);
    await store.close();
    const next = createLmdbStore({ folder });
    const read = LmdbEnvironment.prototype.read;
    let reads = 0;
    const spy = vi.spyOn(LmdbEnvironment.prototype, 'read').mockImplementation(function (this: LmdbEnvironment, work) {
      reads += 1;
      if (reads === 2) setBackSharedNumber(join(folder, 'lock.mdb'));
      return read.call(this, work);
    });
    try {
      expect((await next.get([Uint8Array.of(3)]))[0]?.value).toEqual(Uint8Array.of(3));
      expect(reads).toBe(3);
    } finally {
      spy.mockRestore();
    }
    await next.close();
  });

  test('is not waited for where the files themselves went back', async () => {
    const file = join(folder, 'data.mdb');
    const store = createLmdbStore({ folder });
    for (const key of [1, 2]) await put(store, key);
    const before = readFileSync(file);
    for (const key of [3, 4]) await put(store, key);
    writeFileSync(file, before);
    setBackSharedNumber(join(folder, 'lock.mdb'), 2);
    expect(await keysIn(store)).toEqual([1, 2]);
    await store.close();
  });

  test('keeps its place in the turns of the sequencer', async () => {
    const sequencer = createLmdbSequencer({ folder });
    const turn = () =>
      sequencer.exclusive((state) => {
        const number = (state?.[0] ?? 0) + 1;
        return { state: Uint8Array.of(number), result: number };
      });
    expect(await turn()).toBe(1);
    expect(await turn()).toBe(2);
    setBackSharedNumber(join(folder, readdirSync(folder)[0] ?? '', 'lock.mdb'));
    expect(await turn()).toBe(3);
    expect(await turn()).toBe(4);
    await sequencer.close();
  });
});
