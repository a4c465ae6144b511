import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../store/physical/memory/memory-store.js';
import { physicalStoreContract } from '../store/physical/physical-store.contract.js';
import type { Commit, PhysicalStore, Row } from '../store/physical/physical-store.js';
import { FakeClock } from './fake-clock.js';
import { copyRows, FaultyStore, rollBack } from './faulty-store.js';

physicalStoreContract({ describe, test, skip: test.skip }, 'faulty without orders, over memory', async () => ({
  subject: new FaultyStore(new MemoryStore()),
}));

const a = Uint8Array.of(1);
const b = Uint8Array.of(2);

function put(key: Uint8Array, value: number, revision?: string): Commit {
  return { require: [{ key, revision }], put: [{ key, value: Uint8Array.of(value) }], remove: [] };
}

async function read(store: PhysicalStore, key: Uint8Array): Promise<number | undefined> {
  return (await store.get([key]))[0]?.value[0];
}

async function rowOf(store: PhysicalStore, key: Uint8Array): Promise<Row> {
  const [row] = await store.get([key]);
  if (row === undefined) throw new Error('the row is absent');
  return row;
}

describe('a faulty store', () => {
  test.each([
    ['conflict', 'conflict', undefined],
    ['unknown', 'unknown', undefined],
    ['unknown-applied', 'unknown', 7],
  ] as const)('answers the second commit with %s', async (fault, kind, left) => {
    const store = new FaultyStore(new MemoryStore());
    store.failCommit(2, fault);
    expect((await store.commit(put(a, 1))).kind).toBe('committed');
    expect((await store.commit(put(b, 7))).kind).toBe(kind);
    expect(await read(store, b)).toBe(left);
    expect(store.commits).toBe(2);
  });

  test('throws unavailable for a commit, and while it is down', async () => {
    const store = new FaultyStore(new MemoryStore());
    store.failCommit(1, 'unavailable');
    await expect(store.commit(put(a, 1))).rejects.toMatchObject({ code: 'unavailable' });
    store.setDown(true);
    await expect(store.get([a])).rejects.toMatchObject({ code: 'unavailable' });
    await expect(copyRows(store)).rejects.toMatchObject({ code: 'unavailable' });
    store.heal();
    expect(await read(store, a)).toBeUndefined();
  });

  test('takes as long as told', async () => {
    const clock = new FakeClock();
    const store = new FaultyStore(new MemoryStore(), { clock, latencyMs: 500 });
    let isDone = false;
    const commit = store.commit(put(a, 1)).then(() => {
      isDone = true;
    });
    await clock.advance(499);
    expect(isDone).toBe(false);
    await clock.advance(1);
    await commit;
  });

  test('shows corrupt, replayed and dropped rows to get and to list, until healed', async () => {
    const store = new FaultyStore(new MemoryStore());
    await store.commit(put(a, 4));
    const old = await rowOf(store, a);
    await store.commit(put(a, 6, old.revision));
    const present = await rowOf(store, a);
    const seen = async () => [await read(store, a), (await copyRows(store)).map((row) => row.value[0])];

    store.corrupt(a);
    expect(await seen()).toEqual([7, [7]]);
    store.replay(old);
    expect(await seen()).toEqual([4, [4]]);
    expect((await rowOf(store, a)).revision).toBe(present.revision);
    store.drop(a);
    expect(await seen()).toEqual([undefined, []]);
    store.heal();
    expect(await seen()).toEqual([6, [6]]);
  });

  test('shows a replayed row that has been removed since', async () => {
    const store = new FaultyStore(new MemoryStore());
    await store.commit(put(a, 4));
    const old = await rowOf(store, a);
    await store.commit({ require: [old], put: [], remove: [a] });
    store.replay(old);
    expect(await copyRows(store)).toEqual([old]);
    expect(await read(store, a)).toBe(4);
  });
});

test('rolling back makes a store hold exactly the rows of the copy', async () => {
  const store = new MemoryStore();
  await store.commit(put(a, 1));
  const copy = await copyRows(store);
  await store.commit(put(a, 2, copy[0]?.revision));
  await store.commit(put(b, 3));
  await rollBack(store, copy);
  expect((await copyRows(store)).map((row) => [row.key[0], row.value[0]])).toEqual([[1, 1]]);
  await store.commit({ require: await copyRows(store), put: [], remove: [a] });
  await rollBack(store, copy);
  expect(await read(store, a)).toBe(1);
});
