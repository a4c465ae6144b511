import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { memoryStore, newChange, readText, type StoreUnderTest, writeText } from '../../testing/store-under-test.js';
import { operationRetentionMs } from './operation-journal.js';

const path = parsePath('a/b');
const hour = 60 * 60 * 1000;

const write = (store: StoreUnderTest, change = newChange()) =>
  store.secrets.write(change, path, { payload: { kind: 'text', bytes: new Uint8Array() } }, {});

describe('the record of an operation', () => {
  test('says committed after a change, and can be found by its id and shard alone', async () => {
    const store = memoryStore();
    const change = newChange();
    const shard = store.operations.shardOf(path);
    expect(await store.operations.outcome(change.operationId, shard)).toBeUndefined();
    await write(store, change);
    expect(await store.operations.outcome(change.operationId, shard)).toBe('committed');
    expect(await store.operations.close(change.operationId, shard)).toBe('committed');
  });

  test('is made by every kind of change, also by one that finds nothing to do', async () => {
    const store = memoryStore();
    const { secrets, records } = store;
    await write(store);
    await write(store);
    const token = 't'.repeat(32);
    await writeText(store, path, '{}', { token });
    const payload = { kind: 'text', bytes: new TextEncoder().encode('{}') } as const;
    const changes: Readonly<Record<string, (change: ReturnType<typeof newChange>) => Promise<unknown>>> = {
      metadata: (change) => secrets.write(change, path, { metadata: {} }, {}),
      repeated: (change) => secrets.write(change, path, { payload }, { token }),
      patch: (change) => secrets.patch(change, path, { set: { a: '1' } }, {}),
      delete: (change) => secrets.delete(change, path, { versions: [1] }),
      again: (change) => secrets.delete(change, path, { versions: [1] }),
      undelete: (change) => secrets.undelete(change, path, { versions: [1] }),
      stage: (change) => secrets.setStage(change, path, 'good', 1, {}),
      rollback: (change) => secrets.rollback(change, path, {}),
      max: (change) => secrets.setMaxVersions(change, path, 5),
      destroy: (change) => secrets.destroy(change, path, { versions: [2] }),
      purge: (change) => secrets.purge(change, path),
      record: (change) => records.put(change, path, new Uint8Array(), { ifRevision: 0 }),
    };
    for (const [name, make] of Object.entries(changes)) {
      const change = newChange();
      await make(change);
      expect(await store.operations.outcome(change.operationId, store.operations.shardOf(path)), name).toBe(
        'committed',
      );
    }
  });

  test('is not made by a change that fails', async () => {
    const store = memoryStore();
    const change = newChange();
    await expect(store.secrets.purge(change, path)).rejects.toMatchObject({ code: 'not_found' });
    expect(await store.operations.outcome(change.operationId, store.operations.shardOf(path))).toBeUndefined();
    expect(await store.barrier.verifyAll()).toEqual({ rows: 0 });
  });

  test('a change whose operation was closed can no longer happen', async () => {
    const store = memoryStore();
    await writeText(store, path, 'before');
    const change = newChange();
    const shard = store.operations.shardOf(path);
    expect(await store.operations.close(change.operationId, shard)).toBe('aborted');
    expect(await store.operations.close(change.operationId, shard)).toBe('aborted');
    await expect(write(store, change)).rejects.toMatchObject({ code: 'conflict' });
    expect(await readText(store, path)).toBe('before');
    expect(await store.operations.outcome(change.operationId, shard)).toBe('aborted');
  });

  test('an operation id serves once', async () => {
    const store = memoryStore();
    const change = newChange();
    await write(store, change);
    await expect(write(store, change)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('of a closing and a change that race, one wins and both know which', async () => {
    const store = memoryStore();
    for (let round = 0; round < 20; round += 1) {
      const change = newChange();
      const shard = store.operations.shardOf(path);
      const closing = () => store.operations.close(change.operationId, shard);
      const writing = () => write(store, change).then(Boolean, () => false);
      const [closed, written] =
        round % 2 === 0
          ? await Promise.all([closing(), writing()])
          : (await Promise.all([writing(), closing()])).reverse();
      expect(closed).toBe(written === true ? 'committed' : 'aborted');
    }
  });

  test.each(['', 'journal', 'journal/0', 'F'.repeat(32), 'f'.repeat(31)])('%j is no operation id', async (id) => {
    const store = memoryStore();
    await expect(store.operations.outcome(id, 0)).rejects.toMatchObject({ code: 'invalid' });
    await expect(write(store, { ...newChange(), operationId: id })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('pruning the records of operations', () => {
  const countOf = (store: ReturnType<typeof memoryStore>) => store.barrier.count('operation');

  test('keeps each for 24 hours, and lets it go at a later change in its shard', async () => {
    const store = memoryStore();
    const first = newChange();
    await write(store, first);
    const shard = store.operations.shardOf(path);
    await store.clock.advance(operationRetentionMs);
    await write(store);
    expect(await store.operations.outcome(first.operationId, shard)).toBe('committed');
    await store.clock.advance(1);
    await write(store);
    expect(await store.operations.outcome(first.operationId, shard)).toBeUndefined();
  });

  test('goes on however many there were, also after the secret they were about was purged', async () => {
    const store = memoryStore();
    for (let i = 0; i < 50; i += 1) await write(store);
    await store.operations.close(newChange().operationId, store.operations.shardOf(path));
    await store.secrets.purge(newChange(), path);
    expect(countOf(store)).toBeGreaterThan(52);
    await store.clock.advance(operationRetentionMs + 1);
    for (let i = 0; i < 16; i += 1) await write(store);
    expect(countOf(store)).toBeLessThan(25);
  });

  test('never lets one go that is younger, whatever the pace of changes', async () => {
    const store = memoryStore();
    const shard = store.operations.shardOf(path);
    const made: { readonly id: string; readonly at: number }[] = [];
    for (let i = 0; i < 120; i += 1) {
      const change = newChange();
      await write(store, change);
      made.push({ id: change.operationId, at: store.clock.now() });
      for (const { id, at } of made) {
        const isYoung = at >= store.clock.now() - operationRetentionMs;
        if (isYoung) expect(await store.operations.outcome(id, shard)).toBe('committed');
      }
      await store.clock.advance(((i * 7) % 5) * hour);
    }
    expect(countOf(store)).toBeLessThan(40);
  });

  test('removes at most nine rows at a time', async () => {
    const store = memoryStore();
    for (let i = 0; i < 40; i += 1) await write(store);
    await store.clock.advance(operationRetentionMs + 1);
    for (let before = countOf(store), i = 0; i < 40; i += 1) {
      await write(store);
      expect(before - countOf(store)).toBeLessThanOrEqual(9);
      before = countOf(store);
    }
  });
});
