import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PhysicalStore } from '../physical-store.js';
import { createLmdbSequencer } from './lmdb-sequencer.js';
import { createLmdbStore } from './lmdb-store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-newest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As an opening does that meets a commit; in a process of its own, since closing the file drops this one's locks. */
function setBackSharedNumber(lockFile: string): void {
  const script = `
    const { openSync, readSync, writeSync } = require('node:fs');
    const file = openSync(process.argv[1], 'r+');
    const number = Buffer.alloc(8);
    readSync(file, number, 0, 8, 8);
    number.writeBigUInt64LE(number.readBigUInt64LE() - 1n);
    writeSync(file, number, 0, 8, 8);
  `;
  const { status, stderr } = spawnSync(process.execPath, ['-e', script, lockFile], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

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
