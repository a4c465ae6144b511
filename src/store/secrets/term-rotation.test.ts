import { afterEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { boxTerm } from '../../crypto/box.js';
import {
  newChange,
  readText,
  type SealedStoreUnderTest,
  type StoreUnderTest,
  sealedStore,
  writeText,
} from '../../testing/store-under-test.js';
import { currentTerm, withNewTerm } from '../barrier/keyring.js';
import { kindOfKey } from '../barrier/row-keys.js';
import type { SealedBarrier } from '../barrier/sealed-barrier.js';
import { type RotationParts, rewrap, startTerm } from './term-rotation.js';

const partsOf = (store: SealedStoreUnderTest, opened: StoreUnderTest<SealedBarrier> = store): RotationParts => ({
  barrier: opened.barrier,
  keyring: store.kit.keyringPlace,
  clock: store.kit.clock,
});

/** Terms of all boxes but the payloads', which have none. */
const termsIn = (store: SealedStoreUnderTest) => [
  ...new Set(store.kit.rows().flatMap(({ key, value }) => (kindOfKey(key) === 'payload' ? [] : [boxTerm(value)]))),
];

const opened: StoreUnderTest[] = [];

async function filledStore(secrets: number): Promise<SealedStoreUnderTest> {
  const store = await sealedStore();
  opened.push(store);
  for (let number = 0; number < secrets; number++) {
    await writeText(store, `app/secret_${number}`, `first ${number}`);
    await writeText(store, `app/secret_${number}`, `second ${number}`);
  }
  await store.records.put(newChange(), 'state/one', Uint8Array.of(1), { ifRevision: 0 });
  return store;
}

async function another(store: SealedStoreUnderTest): Promise<StoreUnderTest<SealedBarrier>> {
  const other = await store.openAnother();
  opened.push(other);
  return other;
}

afterEach(async () => {
  for (const { barrier } of opened.splice(0)) await barrier.close();
});

describe('a new term', () => {
  test('is what everything is sealed under after the rotation, and the only one that is left', async () => {
    const store = await filledStore(20);
    const term = await startTerm(partsOf(store));
    await rewrap(partsOf(store));
    expect(store.kit.keyringPlace.now.terms.map((kept) => kept.term)).toEqual([term]);
    expect(termsIn(store)).toEqual([term]);
    const reopened = await another(store);
    for (let number = 0; number < 20; number++) {
      expect(await readText(reopened, `app/secret_${number}`)).toBe(`second ${number}`);
      const first = { kind: 'number', number: 1 } as const;
      expect(await readText(reopened, `app/secret_${number}`, { version: first })).toBe(`first ${number}`);
    }
    expect((await reopened.records.get('state/one'))?.bytes).toEqual(Uint8Array.of(1));
    await reopened.barrier.verifyAll();
  });

  test('is learned by a process that has the store open, before it writes again', async () => {
    const store = await filledStore(1);
    const other = await another(store);
    expect(await readText(other, 'app/secret_0')).toBe('second 0');
    await startTerm(partsOf(store));
    await writeText(other, 'app/later', 'value');
    expect(other.barrier.currentTerm).toBe(2);
    await rewrap(partsOf(store));
    expect(await readText(other, 'app/later')).toBe('value');
    await writeText(other, 'app/later', 'value 2');
    expect(await readText(store, 'app/later')).toBe('value 2');
    expect(termsIn(store)).toEqual([2]);
  });

  test('can be followed by more terms while a process holds the first one only', async () => {
    const store = await filledStore(1);
    const other = await another(store);
    for (const _ of [1, 2, 3]) {
      await startTerm(partsOf(store));
      await rewrap(partsOf(store));
    }
    expect(await readText(other, 'app/secret_0')).toBe('second 0');
    await writeText(other, 'app/secret_0', 'third');
    expect(termsIn(store)).toEqual([4]);
  });

  test('that was begun by a process that ended before its commit is rotated to by the next one', async () => {
    const store = await sealedStore();
    opened.push(store);
    store.kit.keyringPlace.now = withNewTerm(store.kit.keyringPlace.now, store.kit.clock);
    await rewrap(partsOf(store));
    expect(termsIn(store)).toEqual([2]);
    expect(store.kit.keyringPlace.now.terms).toHaveLength(1);
  });

  test('leaves the values readable when nothing was ever rewrapped', async () => {
    const store = await filledStore(2);
    await startTerm(partsOf(store));
    const reopened = await another(store);
    expect(await readText(reopened, 'app/secret_1')).toBe('second 1');
    await reopened.barrier.verifyAll();
  });

  test('that the keyring does not hold even when read anew is an integrity error', async () => {
    const store = await filledStore(1);
    const other = await another(store);
    const before = store.kit.keyringPlace.now;
    await startTerm(partsOf(store));
    store.kit.keyringPlace.now = before;
    await expect(readText(other, 'app/secret_0')).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('a rewrap', () => {
  test('does nothing while there is one term', async () => {
    const store = await filledStore(1);
    store.kit.physical.commits = 0;
    await rewrap(partsOf(store));
    expect(store.kit.physical.commits).toBe(0);
  });

  test('that is interrupted again and again ends complete, and does not begin anew each time', async () => {
    const store = await filledStore(30);
    await startTerm(partsOf(store));
    let interruptions = 0;
    for (let isDone = false; !isDone; ) {
      const process = await another(store);
      const stop = new AbortController();
      store.kit.physical.commits = 0;
      isDone = await rewrap(partsOf(store, process), {
        signal: stop.signal,
        onProgress: () => {
          if (store.kit.physical.commits > 12) stop.abort();
        },
      }).then(
        () => true,
        () => false,
      );
      if (!isDone) interruptions += 1;
      expect(interruptions).toBeLessThan(20);
    }
    expect(interruptions).toBeGreaterThan(2);
    expect(termsIn(store)).toEqual([2]);
    expect(store.kit.keyringPlace.now.terms).toHaveLength(1);
  });

  test('goes on while others write, and what they write stays', async () => {
    const store = await filledStore(40);
    const other = await another(store);
    await startTerm(partsOf(store));
    const rotation = rewrap(partsOf(store));
    for (let number = 0; number < 40; number++) await writeText(other, `app/secret_${number}`, `third ${number}`);
    await rotation;
    for (let number = 0; number < 40; number++) {
      expect(await readText(store, `app/secret_${number}`)).toBe(`third ${number}`);
    }
    expect(termsIn(store)).toEqual([2]);
  });

  test('by two processes at once ends with one term and every value', async () => {
    const store = await filledStore(20);
    const other = await another(store);
    await startTerm(partsOf(store));
    await startTerm(partsOf(store, other));
    await Promise.all([rewrap(partsOf(store)), rewrap(partsOf(store, other))]);
    expect(currentTerm(store.kit.keyringPlace.now).term).toBe(3);
    expect(store.kit.keyringPlace.now.terms).toHaveLength(1);
    expect(termsIn(store)).toEqual([3]);
    for (let number = 0; number < 20; number++) {
      expect(await readText(store, `app/secret_${number}`)).toBe(`second ${number}`);
    }
  });

  test('rests between the pages when it runs in the background', async () => {
    const store = await filledStore(3);
    await startTerm(partsOf(store));
    let rests = 0;
    const rest = async () => {
      rests += 1;
    };
    await rewrap(partsOf(store), { rest });
    expect(rests).toBeGreaterThan(3);
  });

  test('seals the head of a shard anew too that holds no rows any more', async () => {
    const store = await filledStore(1);
    const address = { kind: 'operation', shardBy: 7, name: 'passing', version: 0 } as const;
    const put = [{ address, plaintext: Uint8Array.of(1) }];
    await store.barrier.transact(async () => ({ changes: { put, remove: [] }, result: undefined }));
    await store.barrier.transact(async () => ({ changes: { put: [], remove: [address] }, result: undefined }));
    await startTerm(partsOf(store));
    await rewrap(partsOf(store));
    expect(termsIn(store)).toEqual([2]);
  });

  test('keeps the older term when something of it was left behind', async () => {
    const store = await filledStore(3);
    await startTerm(partsOf(store));
    store.barrier.rewrapRows = async () => {};
    await expect(rewrap(partsOf(store))).rejects.toMatchObject({ code: 'internal' });
    expect(store.kit.keyringPlace.now.terms).toHaveLength(2);
  });

  test('leaves a destroyed version destroyed and a deleted secret deleted', async () => {
    const store = await filledStore(2);
    await store.secrets.destroy(newChange(), parsePath('app/secret_0'), { versions: [1] });
    await store.secrets.delete(newChange(), parsePath('app/secret_1'), {});
    await startTerm(partsOf(store));
    await rewrap(partsOf(store));
    const destroyed = readText(store, 'app/secret_0', { version: { kind: 'number', number: 1 } });
    await expect(destroyed).rejects.toMatchObject({ code: 'deleted' });
    await expect(readText(store, 'app/secret_1')).rejects.toMatchObject({ code: 'deleted' });
    expect(termsIn(store)).toEqual([2]);
  });
});
