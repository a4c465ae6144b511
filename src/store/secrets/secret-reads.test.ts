import { describe, expect, test } from 'vitest';
import type { ListEntry } from '../../core/client.js';
import { parseDirectory, parsePath } from '../../core/path.js';
import { textPayload } from '../../core/payload.js';
import { parseRef } from '../../core/ref.js';
import { memoryStore, newChange, readText, type StoreUnderTest, writeText } from '../../testing/store-under-test.js';
import { decodeSecret } from './secret-codec.js';
import { payloadAddress, secretAddress } from './secret-rows.js';
import { currentVersion } from './secret-state.js';

const path = parsePath('database/postgres');

async function namesIn(store: StoreUnderTest, directory: string): Promise<readonly string[]> {
  const { entries } = await store.secrets.list(parseDirectory(directory), {});
  return entries.map(describeEntry).sort();
}

function describeEntry({ name, isSecret, hasChildren }: ListEntry): string {
  return `${name}${isSecret ? ' secret' : ''}${hasChildren ? ' directory' : ''}`;
}

describe('whether there is a secret', () => {
  test('does not depend on whether it is live, and ends with a purge', async () => {
    const store = memoryStore();
    expect(await store.secrets.exists(path)).toBe(false);
    await writeText(store, path, 'one');
    expect(await store.secrets.exists(path)).toBe(true);
    await store.secrets.delete(newChange(), path, {});
    expect(await store.secrets.exists(path)).toBe(true);
    await store.secrets.purge(newChange(), path);
    expect(await store.secrets.exists(path)).toBe(false);
  });
});

describe('reading', () => {
  test('finds a version by number, by id and by stage', async () => {
    const store = memoryStore();
    const first = await writeText(store, path, 'one');
    await writeText(store, path, 'two');
    const read = async (version: string) => (await store.secrets.read(parseRef(`${path}@${version}`)))?.version?.number;
    expect(await read('1')).toBe(1);
    expect(await read(first.id)).toBe(1);
    expect(await read('previous')).toBe(1);
    expect(await read('current')).toBe(2);
    expect((await store.secrets.read({ path }))?.version?.number).toBe(2);
  });

  test('is undefined for a secret, number, id or stage that never was', async () => {
    const store = memoryStore();
    expect(await store.secrets.read({ path })).toBeUndefined();
    await writeText(store, path, 'one');
    for (const version of ['2', 'f'.repeat(32), 'pending', 'previous']) {
      expect(await store.secrets.read(parseRef(`${path}@${version}`))).toBeUndefined();
    }
    expect(await readText(store, 'database')).toBeUndefined();
    expect(await readText(store, `${path}/password`)).toBeUndefined();
  });

  test('of a field answers that field alone, verbatim, and undefined where it is not', async () => {
    const store = memoryStore();
    await writeText(store, path, '{"user": "bot", "port": 5432.0}');
    expect(await readText(store, path, { field: 'user' })).toBe('{"user":"bot"}');
    expect(await readText(store, path, { field: 'port' })).toBe('{"port":5432.0}');
    expect(await readText(store, path, { field: 'value' })).toBeUndefined();
    await writeText(store, path, 'plain');
    expect(await readText(store, path, { field: 'value' })).toBe('plain');
    expect(await readText(store, path, { field: 'user' })).toBeUndefined();
  });

  test('answers the metadata and what is known about the version', async () => {
    const store = memoryStore();
    const input = { payload: textPayload('x'), metadata: { owner: 'trading' } };
    const version = await store.secrets.write(newChange(), path, input, {});
    expect(await store.secrets.read({ path })).toEqual({ path, ...input, version });
  });

  test('a payload row that is missing is integrity, not absence', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one');
    const row = await store.barrier.get(secretAddress(path));
    await store.secrets.purge(newChange(), path);
    await store.barrier.transact(async () => ({
      changes: { put: [{ address: secretAddress(path), plaintext: row ?? new Uint8Array() }], remove: [] },
      result: undefined,
    }));
    await expect(store.secrets.read({ path })).rejects.toMatchObject({ code: 'integrity' });
  });

  test('a payload row that holds something else than its version says is integrity', async () => {
    const { barrier, ...store } = memoryStore();
    await store.secrets.write(newChange(), path, { payload: textPayload('one') }, {});
    const state = decodeSecret(path, (await barrier.get(secretAddress(path))) ?? new Uint8Array());
    const { sealed } = currentVersion(state);
    if (sealed === undefined) throw new Error('a live version was expected');
    const address = payloadAddress(path, 1, sealed.objectId);
    const dataKey = barrier.unwrapDataKey(address, sealed.wrappedKey);
    for (const plaintext of [[], [0, 1, 2], [1, 1, 2, 3], [2, 1, 2, 3]].map((bytes) => Uint8Array.from(bytes))) {
      await barrier.transact(async () => ({
        changes: { put: [{ address, plaintext, dataKey }], remove: [] },
        result: undefined,
      }));
      await expect(store.secrets.read({ path })).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('goes on with the new state as often as its version goes between two looks', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one');
    const get = store.barrier.get.bind(store.barrier);
    const later = ['two', 'three', 'four'];
    let isChanging = false;
    store.barrier.get = async (address, dataKey) => {
      const row = await get(address, dataKey);
      const text = address.kind === 'secret' && !isChanging ? later.shift() : undefined;
      if (text === undefined) return row;
      isChanging = true;
      await store.secrets.purge(newChange(), path);
      await writeText(store, path, text);
      isChanging = false;
      return row;
    };
    expect(await readText(store, path)).toBe('four');
  });
});

describe('listing', () => {
  test('shows the names directly in a directory; a name may be both secret and directory', async () => {
    const store = memoryStore();
    for (const name of ['a', 'a/b', 'a/b/c', 'x/y/z']) await writeText(store, name, 'v');
    expect(await namesIn(store, '')).toEqual(['a secret directory', 'x directory']);
    expect(await namesIn(store, 'a')).toEqual(['b secret directory']);
    expect(await namesIn(store, 'a/b')).toEqual(['c secret']);
    expect(await namesIn(store, 'x')).toEqual(['y directory']);
    expect(await namesIn(store, 'a/b/c')).toEqual([]);
    expect(await namesIn(store, 'nowhere')).toEqual([]);
  });

  test('still shows deleted and destroyed secrets, and never an empty directory', async () => {
    const store = memoryStore();
    for (const name of ['a/b', 'a/b/c', 'a/d']) await writeText(store, name, 'v');
    await store.secrets.delete(newChange(), parsePath('a/d'), {});
    expect(await namesIn(store, 'a')).toEqual(['b secret directory', 'd secret']);
    await store.secrets.purge(newChange(), parsePath('a/b'));
    expect(await namesIn(store, 'a')).toEqual(['b directory', 'd secret']);
    await store.secrets.purge(newChange(), parsePath('a/b/c'));
    expect(await namesIn(store, 'a')).toEqual(['d secret']);
    await store.secrets.purge(newChange(), parsePath('a/d'));
    expect(await namesIn(store, '')).toEqual([]);
  });

  test('goes through all names by pages, each name once', async () => {
    const store = memoryStore();
    const names = Array.from({ length: 25 }, (_, i) => `n${i}`);
    for (const name of names) await writeText(store, `d/${name}`, 'v');
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.secrets.list(parseDirectory('d'), { cursor, limit: 10 });
      seen.push(...page.entries.map((entry) => entry.name));
      sizes.push(page.entries.length);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(sizes).toEqual([10, 10, 5]);
    expect(seen.sort()).toEqual(names.sort());
  });

  test('has no next page when the last one is exactly full', async () => {
    const store = memoryStore();
    for (const name of ['a', 'b']) await writeText(store, name, 'v');
    expect((await store.secrets.list('', { limit: 2 })).next).toBeUndefined();
  });

  test('refuses a cursor that it did not answer for this directory', async () => {
    const store = memoryStore();
    for (const name of ['a/1', 'a/2', 'b/1']) await writeText(store, name, 'v');
    const { next = '' } = await store.secrets.list(parseDirectory('a'), { limit: 1 });
    const flipped = `${next.startsWith('0') ? '1' : '0'}${next.slice(1)}`;
    for (const cursor of ['', 'garbage', '00', 'ff'.repeat(24), flipped, next.toUpperCase(), next.slice(2)]) {
      const attempt = store.secrets.list(parseDirectory('a'), { cursor });
      await expect(attempt, cursor).rejects.toMatchObject({ code: 'invalid' });
    }
    const elsewhere = store.secrets.list(parseDirectory('b'), { cursor: next });
    await expect(elsewhere).rejects.toMatchObject({ code: 'invalid' });
    expect((await store.secrets.list(parseDirectory('a'), { cursor: next })).entries).toHaveLength(1);
  });

  test.each([0, 1001, 1.5, -1, Number.NaN])('refuses a limit of %d', async (limit) => {
    await expect(memoryStore().secrets.list('', { limit })).rejects.toMatchObject({ code: 'invalid' });
  });
});
