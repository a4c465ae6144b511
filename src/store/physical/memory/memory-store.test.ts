import { describe, expect, test } from 'vitest';
import { physicalStoreContract } from '../physical-store.contract.js';
import { MemoryStore } from './memory-store.js';

physicalStoreContract({ describe, test, skip: test.skip }, 'memory', async () => ({ subject: new MemoryStore() }));

describe('the store in memory', () => {
  const key = Uint8Array.of(1);

  async function put(store: MemoryStore, value: number): Promise<void> {
    const [row] = await store.get([key]);
    const put = [{ key, value: Uint8Array.of(value) }];
    const outcome = await store.commit({ require: [{ key, revision: row?.revision }], put, remove: [] });
    expect(outcome.kind).toBe('committed');
  }

  test('goes back to a snapshot as a whole, and tells its watchers to look again', async () => {
    const store = new MemoryStore();
    await put(store, 1);
    const snapshot = store.snapshot();
    const [before] = await store.get([key]);
    await put(store, 2);
    const hinted = new Promise((resolve) => store.watch(key, resolve));
    store.restore(snapshot);
    expect(await store.get([key])).toEqual([before]);
    expect(await hinted).toBe('resync');
  });

  test('is not changed through a snapshot that was taken or restored', async () => {
    const store = new MemoryStore();
    await put(store, 1);
    const snapshot = store.snapshot();
    store.restore(snapshot);
    await put(store, 2);
    store.restore(snapshot);
    expect((await store.get([key]))[0]?.value).toEqual(Uint8Array.of(1));
  });
});
