import { describe, expect, test } from 'vitest';
import { equalBytes, toHex, utf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import {
  controlRow,
  directoryRow,
  operationRow,
  payloadRow,
  recordRow,
  secretRow,
} from '../../testing/row-addresses.js';
import { change, SealedStoreKit } from '../../testing/sealed-store-kit.js';
import type { Barrier, RowAddress } from './barrier.js';
import { createSealedStore } from './sealed-store.js';

const dataKey = randomBytes(32);
const nothing = { changes: { put: [], remove: [] }, result: undefined };

async function start() {
  const kit = await SealedStoreKit.create();
  return { kit, barrier: await kit.open() };
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const texts = (all: readonly Uint8Array[]) => all.map((bytes) => new TextDecoder().decode(bytes)).sort();

describe('a sealed store', () => {
  test('gives back what was written, to whoever has the keyring, and nothing for what was not', async () => {
    const { kit, barrier } = await start();
    const rows: readonly { address: RowAddress; dataKey?: Uint8Array }[] = [
      { address: secretRow('a/b') },
      { address: payloadRow('a/b'), dataKey },
      { address: directoryRow('a', 'a/b') },
      { address: recordRow('a/b') },
      { address: operationRow(barrier.shardOf('a/b'), 'a/b') },
      { address: controlRow('a/b') },
    ];
    await change(
      barrier,
      rows.map((row) => ({ ...row, plaintext: utf8(row.address.kind) })),
    );
    for (const each of [barrier, await kit.open()]) {
      for (const row of rows) expect(await each.get(row.address, row.dataKey)).toEqual(utf8(row.address.kind));
      expect(await each.get(secretRow('a'))).toBeUndefined();
      expect(await each.getMany([secretRow('a'), recordRow('a/b'), secretRow('a/b')])).toEqual([
        undefined,
        utf8('record'),
        utf8('secret'),
      ]);
      expect(await each.verifyAll()).toEqual({ rows: 6 });
    }
  });

  test('keeps empty and large contents', async () => {
    const { barrier } = await start();
    const large = randomBytes(512 * 1024);
    const address = payloadRow('large');
    await change(barrier, [
      { address: secretRow('empty'), plaintext: new Uint8Array(0) },
      { address, plaintext: large, dataKey },
    ]);
    expect(await barrier.get(secretRow('empty'))).toEqual(new Uint8Array(0));
    const read = await barrier.get(address, dataKey);
    expect(read !== undefined && equalBytes(read, large)).toBe(true);
  });

  test('shows neither names nor contents in any row, nor their exact sizes', async () => {
    const { kit, barrier } = await start();
    const canary = 'canary-0123456789';
    await change(barrier, [
      { address: secretRow(canary), plaintext: utf8(canary) },
      { address: payloadRow(canary), plaintext: utf8(canary), dataKey },
      { address: directoryRow(canary, `${canary}/x`), plaintext: utf8(canary) },
      { address: controlRow(canary), plaintext: utf8(canary) },
    ]);
    for (const { key, value } of kit.rows()) {
      expect(`${toHex(key)} ${toHex(value)}`).not.toContain(toHex(utf8(canary)));
    }
    const sizes = async (length: number) => {
      await change(barrier, [{ address: secretRow('a'), plaintext: new Uint8Array(length) }]);
      return kit.rows().map(({ value }) => value.length);
    };
    expect(await sizes(1)).toEqual(await sizes(40));
  });

  test('keeps all rows of one secret, and the operation on it, in one shard', async () => {
    const { kit, barrier } = await start();
    const before = kit.rows().length;
    await change(barrier, [
      { address: secretRow('a/b'), plaintext: utf8('x') },
      { address: payloadRow('a/b'), plaintext: utf8('x'), dataKey },
      { address: operationRow(barrier.shardOf('a/b'), 'operation'), plaintext: utf8('x') },
    ]);
    const added = kit.rows().filter(({ key }) => key[0] === barrier.shardOf('a/b') && key.length > 2);
    expect(added).toHaveLength(3);
    expect(kit.rows().length - before).toBe(4);
  });

  test('lists a directory page by page in a stable order, and no other directory', async () => {
    const { kit, barrier } = await start();
    const names = Array.from({ length: 25 }, (_, index) => `app/${index}`);
    for (const name of names) await change(barrier, [{ address: directoryRow('app', name), plaintext: utf8(name) }]);
    await change(barrier, [{ address: directoryRow('app/1', 'app/1/x'), plaintext: utf8('x') }]);
    for (const each of [barrier, await kit.open()]) {
      const found: Uint8Array[] = [];
      let after: Uint8Array | undefined;
      do {
        const page = await each.listDirectory('app', { after, limit: 10 });
        found.push(...page.map(({ plaintext }) => plaintext));
        after = page.length < 10 ? undefined : page.at(-1)?.position;
      } while (after !== undefined);
      expect(texts(found)).toEqual([...names].sort());
      expect(await each.listDirectory('elsewhere', { limit: 10 })).toEqual([]);
    }
  });

  test('refuses a position that no listing gave', async () => {
    const { barrier } = await start();
    const listing = barrier.listDirectory('app', { after: new Uint8Array(3), limit: 10 });
    await expect(listing).rejects.toMatchObject({ code: 'invalid' });
  });

  test('scans every row of a kind and of no other', async () => {
    const { kit, barrier } = await start();
    const names = Array.from({ length: 120 }, (_, index) => `name-${index}`);
    await Promise.all(
      names.map((name) =>
        change(barrier, [
          { address: recordRow(name), plaintext: utf8(`record ${name}`) },
          { address: controlRow(name), plaintext: utf8(`control ${name}`) },
        ]),
      ),
    );
    for (const each of [barrier, await kit.open()]) {
      expect(texts(await collected(each.listKind('record')))).toEqual(names.map((name) => `record ${name}`).sort());
      expect(texts(await collected(each.listKind('control')))).toEqual(names.map((name) => `control ${name}`).sort());
      expect(await collected(each.listKind('secret'))).toEqual([]);
    }
  });

  test('counts its commits', async () => {
    const { kit, barrier } = await start();
    expect(await barrier.position()).toEqual({ epoch: 1, commit: 1 });
    await change(barrier, [{ address: secretRow('a'), plaintext: utf8('x') }]);
    expect(await barrier.position()).toEqual({ epoch: 1, commit: 2 });
    expect(await (await kit.open()).position()).toEqual({ epoch: 1, commit: 2 });
  });

  test('refuses addresses that lack a part, or have one too many', async () => {
    const { barrier } = await start();
    const wrong: readonly RowAddress[] = [
      { ...payloadRow('a'), objectId: undefined },
      payloadRow('a', 1, randomBytes(15)),
      { ...secretRow('a'), objectId: randomBytes(16) },
      { ...secretRow('a'), version: 1 },
      { ...directoryRow('a', 'a/b'), childName: undefined },
      { ...secretRow('a'), childName: 'a/b' },
      operationRow(0xf0, 'a'),
      operationRow(-1, 'a'),
      operationRow(0.5, 'a'),
      { ...controlRow('a'), shardBy: 0 },
    ];
    for (const address of wrong) await expect(barrier.get(address)).rejects.toMatchObject({ code: 'internal' });
    await expect(collected(barrier.listKind('payload'))).rejects.toMatchObject({ code: 'internal' });
    const address = payloadRow('a');
    await change(barrier, [{ address, plaintext: utf8('x'), dataKey }]);
    await expect(barrier.getMany([address])).rejects.toMatchObject({ code: 'internal' });
  });

  test('wraps data keys and hashes values under keys of its own', async () => {
    const { kit, barrier } = await start();
    const other = await (await SealedStoreKit.create()).open();
    const address = payloadRow('a');
    const wrapped = barrier.wrapDataKey(address, dataKey);
    expect((await kit.open()).unwrapDataKey(address, wrapped)).toEqual(dataKey);
    expect(() => other.unwrapDataKey(address, wrapped)).toThrow(expect.objectContaining({ code: 'integrity' }));
    expect(barrier.mac(utf8('value'))).toEqual((await kit.open()).mac(utf8('value')));
    expect(barrier.mac(utf8('value'))).not.toEqual(other.mac(utf8('value')));
  });

  test('reads rows of older terms and writes under the newest', async () => {
    const { kit, barrier } = await start();
    await change(barrier, [{ address: secretRow('old'), plaintext: utf8('old') }]);
    await barrier.close();
    const term = { term: 2, key: randomBytes(32), createdAt: new Date(0) };
    const reopened = await kit.openWith({ ...kit.keyring, terms: [...kit.keyring.terms, term] });
    await change(reopened, [{ address: secretRow('new'), plaintext: utf8('new') }]);
    expect(await reopened.get(secretRow('old'))).toEqual(utf8('old'));
    expect(await reopened.get(secretRow('new'))).toEqual(utf8('new'));
    await expect(kit.open()).rejects.toMatchObject({ code: 'integrity' });
  });

  test('does not open with another keyring', async () => {
    const { kit } = await start();
    const other = await SealedStoreKit.create();
    await expect(kit.openWith(other.keyring)).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('making a store', () => {
  test('succeeds for exactly one of two who try', async () => {
    const { kit } = await start();
    kit.replaceRows([]);
    const outcomes = await Promise.allSettled([createSealedStore(kit), createSealedStore(kit)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    await expect(createSealedStore(kit)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is needed before it can be opened', async () => {
    const { kit } = await start();
    kit.replaceRows([]);
    await expect(kit.open()).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('after sealing', () => {
  const address = secretRow('a');
  const calls: Record<string, (barrier: Barrier) => unknown> = {
    get: (barrier) => barrier.get(address),
    getMany: (barrier) => barrier.getMany([]),
    transact: (barrier) => barrier.transact(async () => nothing),
    listDirectory: (barrier) => barrier.listDirectory('', { limit: 1 }),
    listKind: (barrier) => collected(barrier.listKind('record')),
    position: (barrier) => barrier.position(),
    verifyAll: (barrier) => barrier.verifyAll(),
    shardOf: (barrier) => barrier.shardOf('a'),
    wrapDataKey: (barrier) => barrier.wrapDataKey(payloadRow('a'), dataKey),
    unwrapDataKey: (barrier) => barrier.unwrapDataKey(payloadRow('a'), dataKey),
    mac: (barrier) => barrier.mac(dataKey),
  };

  test.each(Object.entries(calls))('%s throws sealed, after seal and after close', async (_, call) => {
    const { kit, barrier } = await start();
    const closed = await kit.open();
    barrier.seal();
    await closed.close();
    for (const each of [barrier, closed]) {
      await expect((async () => call(each))()).rejects.toMatchObject({ code: 'sealed' });
    }
    expect(await (await kit.open()).get(address)).toBeUndefined();
  });

  test('transactions that were waiting are refused, and one that was committed says so', async () => {
    const { kit, barrier } = await start();
    kit.physical.onCommit = async (_, proceed) => {
      barrier.seal();
      return proceed();
    };
    const put = { address, plaintext: utf8('x') };
    const committed = change(barrier, [put]);
    let waiting: Promise<unknown> = Promise.resolve();
    const late = barrier
      .transact(async () => nothing)
      .then(() => {
        waiting = change(barrier, [put]);
        waiting.catch(() => {});
      });
    await Promise.all([committed, late]);
    await expect(waiting).rejects.toMatchObject({ code: 'sealed' });
    expect(await (await kit.open()).get(address)).toEqual(utf8('x'));
  });

  test('close waits for the transactions that are running', async () => {
    const { kit, barrier } = await start();
    const running = change(barrier, [{ address, plaintext: utf8('x') }]);
    await barrier.close();
    await running;
    expect(await (await kit.open()).get(address)).toEqual(utf8('x'));
  });
});
