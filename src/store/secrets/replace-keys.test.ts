import { afterEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { boxTerm } from '../../crypto/box.js';
import { toHex } from '../../crypto/encoding.js';
import {
  newChange,
  readText,
  type SealedStoreUnderTest,
  type StoreUnderTest,
  sealedStore,
  writeText,
} from '../../testing/store-under-test.js';
import { encodeAnchor, openAnchor } from '../barrier/anchor.js';
import { openShardHead, openStoreHead, sealStoreHead } from '../barrier/heads.js';
import { type Keyring, withKeysReplaced, withNextKeys } from '../barrier/keyring.js';
import { settleReplacedKeys } from '../barrier/replaced-keys.js';
import { kindOfKey, shardOfKey, storeHeadKey } from '../barrier/row-keys.js';
import type { SealedBarrier } from '../barrier/sealed-barrier.js';
import { wireStore } from '../barrier/store-parts.js';
import { replaceKeys } from './replace-keys.js';
import { decodeSecret } from './secret-codec.js';
import { payloadAddress, secretAddress } from './secret-rows.js';

const opened: StoreUnderTest[] = [];
const database = parsePath('app/database');

async function filledStore(): Promise<SealedStoreUnderTest> {
  const store = await sealedStore();
  opened.push(store);
  for (const text of ['first', 'second', 'third']) await writeText(store, 'app/database', text);
  await writeText(store, 'app/token', 'token', { token: 'a'.repeat(32) });
  await store.secrets.destroy(newChange(), database, { versions: [1] });
  await store.secrets.delete(newChange(), database, { versions: [2] });
  await store.secrets.setStage(newChange(), database, 'blue', 3, {});
  await store.records.put(newChange(), 'state/one', Uint8Array.of(1), { ifRevision: 0 });
  return store;
}

async function another(store: SealedStoreUnderTest): Promise<StoreUnderTest<SealedBarrier>> {
  const other = await store.openAnother();
  opened.push(other);
  return other;
}

/** As a header would keep it, whose root is not looked at here. */
const keyringOf = ({ kit }: SealedStoreUnderTest) => ({
  read: () => kit.keyringPlace.read(),
  change: (change: (keyring: Keyring) => Keyring) => kit.keyringPlace.change(change),
  replaceRoot: ({ keyring }: { readonly keyring: (present: Keyring) => Keyring }) => kit.keyringPlace.change(keyring),
  forget() {},
});

async function announce(store: SealedStoreUnderTest): Promise<void> {
  await store.kit.keyringPlace.change((now) => withNextKeys(now, store.clock));
}

async function replaced(store: SealedStoreUnderTest): Promise<StoreUnderTest<SealedBarrier>> {
  await announce(store);
  await replaceKeys({ barrier: store.barrier, keyring: keyringOf(store) });
  return another(store);
}

const under = ({ kit }: SealedStoreUnderTest, keyring: Keyring) => wireStore({ ...kit, keyring });

afterEach(async () => {
  for (const { barrier } of opened.splice(0)) await barrier.close();
});

describe('a store whose keys were all replaced', () => {
  test('holds every secret, version, stage, token and record that it held before', async () => {
    const store = await filledStore();
    const before = await store.secrets.describe(database);
    const after = await replaced(store);
    expect(await after.secrets.describe(database)).toEqual(before);
    expect(await readText(after, 'app/database')).toBe('third');
    expect(await readText(after, 'app/database', { version: { kind: 'stage', stage: 'blue' } })).toBe('third');
    await after.secrets.undelete(newChange(), database, { versions: [2] });
    expect(await readText(after, 'app/database', { version: { kind: 'number', number: 2 } })).toBe('second');
    const repeated = await writeText(after, 'app/token', 'token', { token: 'a'.repeat(32) });
    expect(repeated.number).toBe(1);
    await expect(writeText(after, 'app/token', 'other', { token: 'a'.repeat(32) })).rejects.toMatchObject({
      code: 'conflict',
    });
    const { entries } = await after.secrets.list(parsePath('app'), {});
    expect(entries.map(({ name }) => name).sort()).toEqual(['database', 'token']);
    expect((await after.records.get('state/one'))?.bytes).toEqual(Uint8Array.of(1));
    await after.barrier.verifyAll();
  });

  test('goes on where it was, and gives no revision of a record out again', async () => {
    const store = await filledStore();
    const [{ commit }, record] = [await store.barrier.position(), await store.records.get('state/one')];
    const after = await replaced(store);
    expect(await after.barrier.position()).toEqual({ epoch: 1, commit: commit + 1 });
    expect((await after.records.get('state/one'))?.revision).toBe(record?.revision);
    const next = await after.records.put(newChange(), 'state/one', Uint8Array.of(2), {
      ifRevision: record?.revision ?? 0,
    });
    expect(next).toBeGreaterThan(record?.revision ?? Number.POSITIVE_INFINITY);
    await writeText(after, 'app/database', 'fourth');
    expect(await readText(await another(store), 'app/database')).toBe('fourth');
  });

  test('has no row under the key, and no box under the term, of before', async () => {
    const store = await filledStore();
    const before = new Set(
      store.kit
        .rows()
        .filter(({ key }) => key.length > 2)
        .map(({ key }) => toHex(key)),
    );
    await replaced(store);
    const rows = store.kit.rows();
    expect(rows.filter(({ key }) => before.has(toHex(key)))).toEqual([]);
    const terms = rows.flatMap(({ key, value }) => (kindOfKey(key) === 'payload' ? [] : [boxTerm(value)]));
    expect(new Set(terms)).toEqual(new Set([2]));
  });

  test('tells a holder of the old root, the old header and the old keyring nothing: no row key, no row, no head, no anchor', async () => {
    const store = await filledStore();
    const { kit } = store;
    const old = kit.keyring;
    const before = under(store, old);
    const oldRow = await store.barrier.get(secretAddress(database));
    const version = decodeSecret(database, oldRow ?? new Uint8Array()).versions.at(-1);
    const address = payloadAddress(database, 3, version?.sealed?.objectId ?? new Uint8Array());
    const oldDataKey = store.barrier.unwrapDataKey(address, version?.sealed?.wrappedKey ?? new Uint8Array());
    await replaced(store);
    const rows = kit.rows();
    const keysOfBefore = [secretAddress(database), address].map((row) => toHex(before.rowKeys.keyOf(row)));
    expect(rows.map(({ key }) => toHex(key)).filter((key) => keysOfBefore.includes(key))).toEqual([]);

    for (const { key, value } of rows) {
      const kind = kindOfKey(key);
      const open = () => {
        if (kind === 'store-head') return openStoreHead(before.boxes, value);
        if (kind === 'shard-head') return openShardHead(before.boxes, shardOfKey(key), value);
        if (kind === 'payload') return before.boxes.open({ ...address, version: 3 }, key, value, oldDataKey);
        return kind && before.boxes.openFound(kind, key, value);
      };
      expect(open).toThrow(expect.objectContaining({ code: 'integrity' }));
    }

    const head = { epoch: 9, commit: 999, headHash: new Uint8Array(32), rollbackDisputed: false };
    const anchor = kit.anchorFile.read() ?? new Uint8Array();
    expect(openAnchor(before.keys, kit.storeId, anchor)).toBeUndefined();
    kit.anchorFile.write(encodeAnchor(before.keys, kit.storeId, head));
    await expect(kit.open()).rejects.toMatchObject({ code: 'integrity' });
    kit.anchorFile.write(anchor);
    kit.putRows([kit.forged(storeHeadKey, sealStoreHead(before.boxes, head))]);
    await expect(kit.open()).rejects.toMatchObject({ code: 'integrity' });
  });

  test('is closed to the process that replaced them', async () => {
    const store = await filledStore();
    await replaced(store);
    await expect(readText(store, 'app/database')).rejects.toMatchObject({ code: 'sealed' });
  });

  test('is refused to one that has it open with the keys of before', async () => {
    const store = await filledStore();
    const straggler = await another(store);
    await replaced(store);
    await expect(readText(straggler, 'app/database')).rejects.toMatchObject({ code: 'sealed' });
    await expect(writeText(straggler, 'app/database', 'late')).rejects.toMatchObject({ code: 'sealed' });
    expect(await readText(await another(store), 'app/database')).toBe('third');
  });
});

describe('a replacement of the keys that did not come to its end', () => {
  const settle = ({ kit, clock }: SealedStoreUnderTest) =>
    settleReplacedKeys({ ...kit, keyring: kit.keyringPlace.now, place: kit.keyringPlace, clock });

  test('leaves the store as it was while its new files do not count, and is made by the next try', async () => {
    const store = await filledStore();
    await announce(store);
    const keyring = await settle(store);
    expect(keyring).toBe(store.kit.keyringPlace.now);
    expect(await readText(await another(store), 'app/database')).toBe('third');
    await replaceKeys({ barrier: (await another(store)).barrier, keyring: keyringOf(store) });
    expect(await readText(await another(store), 'app/database')).toBe('third');
    expect(store.kit.keyringPlace.now.next).toBeUndefined();
  });

  test('is brought to its end by whoever opens the store once its new files count', async () => {
    const store = await filledStore();
    await announce(store);
    const waiting = store.kit.keyringPlace.now;
    const anchor = store.kit.anchorFile.read() ?? new Uint8Array();
    await replaceKeys({ barrier: store.barrier, keyring: keyringOf(store) });
    for (const there of [anchor, store.kit.anchorFile.read() ?? new Uint8Array()]) {
      store.kit.keyringPlace.now = waiting;
      store.kit.anchorFile.write(there);
      await settle(store);
      expect(store.kit.keyringPlace.now).toEqual(withKeysReplaced(waiting));
      expect(await readText(await another(store), 'app/database')).toBe('third');
      expect(store.kit.findings).toEqual([]);
    }
  });

  test('is not taken for one when the anchor is of neither the keys of before nor those that come', async () => {
    const store = await filledStore();
    await announce(store);
    const waiting = store.kit.keyringPlace.now;
    await replaceKeys({ barrier: store.barrier, keyring: keyringOf(store) });
    store.kit.keyringPlace.now = waiting;
    store.kit.anchorFile.write(Uint8Array.of(1, 2, 3));
    await expect(settle(store)).rejects.toMatchObject({ code: 'integrity' });
    expect(store.kit.keyringPlace.now).toBe(waiting);
  });

  test('changes nothing when a row is not as it was written', async () => {
    const store = await filledStore();
    await announce(store);
    const payload = store.kit.rows().find(({ key }) => kindOfKey(key) === 'payload');
    if (payload === undefined) throw new Error('there is no payload');
    store.kit.putRows([store.kit.forged(payload.key, payload.value.with(-1, 1 + (payload.value.at(-1) ?? 0)))]);
    const rows = store.kit.rows();
    await expect(
      replaceKeys({ barrier: (await another(store)).barrier, keyring: keyringOf(store) }),
    ).rejects.toMatchObject({ code: 'integrity' });
    expect(store.kit.rows()).toEqual(rows);
    expect(store.kit.keyringPlace.now.next).toBeDefined();
  });
});
