import { describe, expect, test } from 'vitest';
import { utf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { controlRow, operationRow, payloadRow, secretRow } from '../../testing/row-addresses.js';
import { change, SealedStoreKit } from '../../testing/sealed-store-kit.js';
import type { Row } from '../physical/physical-store.js';
import type { RowAddress, RowPut } from './barrier.js';
import { kindOfKey, shardHeadKey, shardOfKey, storeHeadKey } from './row-keys.js';
import { acceptRollback } from './sealed-store.js';
import { maxAccountedRows } from './shard-accounts.js';
import { wireStore } from './store-parts.js';

const integrity = { code: 'integrity' };
const old = utf8('the old content');
const present = utf8('the present content');

const dataKey = randomBytes(32);
const versionless: readonly { name: string; put: Omit<RowPut, 'plaintext'> }[] = [
  { name: 'secret', put: { address: secretRow('db/password') } },
  { name: 'payload', put: { address: payloadRow('db/password'), dataKey } },
  { name: 'control', put: { address: controlRow('policy/owner') } },
];

function rowAt(rows: readonly Row[], key: Uint8Array): Row {
  const row = rows.find((candidate) => Buffer.compare(candidate.key, key) === 0);
  if (row === undefined) throw new Error('no such row');
  return row;
}

const keyOf = (kit: SealedStoreKit, address: RowAddress) => wireStore(kit).rowKeys.keyOf(address);

describe.each(versionless)('an old $name row that was put back under a fresh revision', ({ put }) => {
  async function replayed() {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    await change(barrier, [{ ...put, plaintext: old }]);
    const replay = rowAt(kit.rows(), keyOf(kit, put.address));
    await change(barrier, [{ ...put, plaintext: present }]);
    kit.putRows([kit.forged(replay.key, replay.value)]);
    return { kit, barrier };
  }

  test('is not read by the process that wrote the present one', async () => {
    const { barrier } = await replayed();
    await expect(barrier.get(put.address, put.dataKey)).rejects.toMatchObject(integrity);
  });

  test('is not read by a process that opens the store', async () => {
    const { kit } = await replayed();
    await expect((await kit.open()).get(put.address, put.dataKey)).rejects.toMatchObject(integrity);
  });

  test('is not seen by a transaction, nor replaced by one', async () => {
    const { kit, barrier } = await replayed();
    for (const from of [barrier, await kit.open()]) {
      const reading = from.transact(async (view) => {
        await view.get(put.address, put.dataKey);
        return { changes: { put: [], remove: [] }, result: undefined };
      });
      await expect(reading).rejects.toMatchObject(integrity);
      await expect(change(from, [{ ...put, plaintext: present }])).rejects.toMatchObject(integrity);
    }
  });

  test('is named by verifyAll', async () => {
    const { barrier } = await replayed();
    await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
  });
});

describe('a removed row', () => {
  test('that was put back is not read, by anybody', async () => {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const address = secretRow('db/password');
    await change(barrier, [{ address, plaintext: old }]);
    const replay = rowAt(kit.rows(), keyOf(kit, address));
    await change(barrier, [], [address]);
    expect(await barrier.get(address)).toBeUndefined();
    kit.putRows([kit.forged(replay.key, replay.value)]);
    await expect(barrier.get(address)).rejects.toMatchObject(integrity);
    await expect((await kit.open()).get(address)).rejects.toMatchObject(integrity);
  });

  test('that was put into a shard that never had one is not read either', async () => {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const address = operationRow(7, 'a');
    const empty = kit.rows();
    await change(barrier, [{ address, plaintext: old }]);
    const replay = rowAt(kit.rows(), keyOf(kit, address));
    kit.anchorFile.bytes = undefined;
    kit.replaceRows([...empty, replay]);
    const reopened = await kit.open();
    await expect(reopened.get(address)).rejects.toMatchObject(integrity);
    await expect(reopened.verifyAll()).rejects.toMatchObject(integrity);
  });
});

describe('a shard that was put back as a whole, its head included', () => {
  async function rolledBack() {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const address = secretRow('db/password');
    await change(barrier, [{ address, plaintext: old }]);
    const before = kit.rows();
    await change(barrier, [{ address, plaintext: present }]);
    const shard = shardOfKey(keyOf(kit, address));
    const isHere = (row: Row) => shardOfKey(row.key) === shard && kindOfKey(row.key) !== 'store-head';
    kit.replaceRows([...kit.rows().filter((row) => !isHere(row)), ...before.filter(isHere)]);
    return { kit, barrier, address };
  }

  test('is not read by a process that knows the present head', async () => {
    const { barrier, address } = await rolledBack();
    await expect(barrier.get(address)).rejects.toMatchObject(integrity);
    await expect(change(barrier, [{ address, plaintext: present }])).rejects.toMatchObject(integrity);
  });

  test('keeps the store from being opened', async () => {
    const { kit } = await rolledBack();
    await expect(kit.open()).rejects.toMatchObject(integrity);
  });

  test('is found by verifyAll', async () => {
    const { barrier } = await rolledBack();
    await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
  });
});

describe('the head of the store', () => {
  test.each(['store-head', 'shard-head'] as const)('does not pass when an old %s alone is put back', async (kind) => {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const address = secretRow('db/password');
    await change(barrier, [{ address, plaintext: old }]);
    const before = kit.rows();
    await change(barrier, [{ address, plaintext: present }]);
    const key = kind === 'store-head' ? storeHeadKey : shardHeadKey(shardOfKey(keyOf(kit, address)));
    kit.putRows([kit.forged(key, rowAt(before, key).value)]);
    await expect(barrier.get(address)).rejects.toMatchObject(integrity);
    await expect(kit.open()).rejects.toMatchObject(integrity);
  });

  test('is missed when it or the head of a shard was removed', async () => {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const address = secretRow('db/password');
    await change(barrier, [{ address, plaintext: present }]);
    const whole = kit.rows();
    for (const key of [storeHeadKey, shardHeadKey(shardOfKey(keyOf(kit, address)))]) {
      kit.removeRow(key);
      await expect(barrier.get(address)).rejects.toMatchObject(integrity);
      await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
      await expect(kit.open()).rejects.toMatchObject(integrity);
      kit.replaceRows(whole);
    }
    expect(await barrier.get(address)).toEqual(present);
  });
});

describe('a large shard', () => {
  const address = (index: number) => operationRow(3, `operation-${index}`);

  async function filled(make: (index: number) => RowAddress, rows = maxAccountedRows + 20) {
    const kit = await SealedStoreKit.create();
    const barrier = await kit.open();
    const write = (plaintext: Uint8Array, indexes: readonly number[]) =>
      Promise.all(indexes.map((index) => change(barrier, [{ address: make(index), plaintext }])));
    await write(
      old,
      Array.from({ length: rows }, (_, index) => index),
    );
    const replay = rowAt(kit.rows(), keyOf(kit, make(5)));
    await write(present, [5]);
    return { kit, barrier, replay };
  }

  test('of secrets is read, listed, verified and written to like any other', async () => {
    const rows = maxAccountedRows + 20;
    const { kit, barrier } = await filled(address, rows);
    for (const each of [barrier, await kit.open()]) {
      expect(await each.get(address(5))).toEqual(present);
      expect(await each.get(address(rows - 1))).toEqual(old);
      expect(await each.get(address(rows))).toBeUndefined();
      expect(await countOf(each.listKind('operation'))).toBe(rows);
      expect(await each.verifyAll()).toEqual({ rows });
    }
  });

  test('of secrets shows a row that was put back to verifyAll, and still after that row was replaced', async () => {
    const { kit, barrier, replay } = await filled(address);
    kit.putRows([kit.forged(replay.key, replay.value)]);
    await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
    await change(barrier, [{ address: address(5), plaintext: present }]);
    await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
  });

  test('of control rows shows a row that was put back to every reader', async () => {
    const inOneShard = (index: number): RowAddress => ({ ...controlRow(`token/${index}`), shardBy: 0xf4 });
    const { kit, barrier, replay } = await filled(inOneShard, 300);
    expect(await (await kit.open()).get(inOneShard(5))).toEqual(present);
    kit.putRows([kit.forged(replay.key, replay.value)]);
    await expect(barrier.get(inOneShard(5))).rejects.toMatchObject(integrity);
    await expect((await kit.open()).get(inOneShard(6))).rejects.toMatchObject(integrity);
  });

  test('that became small again is accounted for again', async () => {
    const { kit, barrier } = await filled(address);
    for (let index = 299; index >= 200; index--) await change(barrier, [], [address(index)]);
    const stale = rowAt(kit.rows(), keyOf(kit, address(7)));
    await change(barrier, [{ address: address(7), plaintext: present }]);
    kit.putRows([kit.forged(stale.key, stale.value)]);
    await expect(barrier.get(address(7))).rejects.toMatchObject(integrity);
  });
});

describe('a whole store that was put back', () => {
  const address = secretRow('db/password');

  async function rolledBack(commitsAfter = 1) {
    const clock = new FakeClock();
    const kit = await SealedStoreKit.create(clock);
    const barrier = await kit.open();
    await change(barrier, [{ address, plaintext: old }]);
    const backup = kit.memory.snapshot();
    for (let count = 0; count < commitsAfter; count++) await change(barrier, [{ address, plaintext: present }]);
    await clock.advance(1_000);
    const reader = await kit.open();
    await reader.get(address);
    kit.memory.restore(backup);
    return { kit, barrier, reader, clock };
  }

  test('is refused by the processes that saw it later, writers and readers alike', async () => {
    const { barrier, reader } = await rolledBack();
    for (const each of [barrier, reader]) {
      await expect(each.get(address)).rejects.toMatchObject(integrity);
      await expect(each.listDirectory('', { limit: 1 })).rejects.toMatchObject(integrity);
      await expect(each.position()).rejects.toMatchObject(integrity);
      await expect(each.verifyAll()).rejects.toMatchObject(integrity);
      await expect(change(each, [{ address, plaintext: present }])).rejects.toMatchObject(integrity);
    }
  });

  test('is refused at opening where a rollback is to be refused', async () => {
    const { kit } = await rolledBack();
    await expect(kit.open('refuse')).rejects.toMatchObject(integrity);
    expect(kit.findings).toEqual([]);
  });

  test('opens with a loud finding, every time, where it is to be warned of', async () => {
    const { kit } = await rolledBack();
    for (let times = 1; times <= 3; times++) {
      const barrier = await kit.open('warn');
      expect(await barrier.get(address)).toEqual(old);
      await barrier.close();
      expect(kit.findings).toHaveLength(times);
      expect(kit.findings.at(-1)).toMatchObject({ severity: 'error', where: 'the anchor in memory' });
    }
  });

  test('is still reported once it has been written to beyond the commit of its anchor', async () => {
    const { kit, clock } = await rolledBack(2);
    const warned = await kit.open('warn');
    for (let count = 0; count < 6; count++) await change(warned, [{ address, plaintext: present }]);
    await clock.advance(2_000);
    await warned.close();
    kit.findings.length = 0;
    await (await kit.open('warn')).close();
    expect(kit.findings).toHaveLength(1);
    await expect(kit.open('refuse')).rejects.toMatchObject(integrity);
  });

  test('with other commits of the same number does not pass as the one that was anchored', async () => {
    const { kit } = await rolledBack();
    const forked = await kit.openUnanchored();
    await change(forked, [{ address, plaintext: utf8('another present') }]);
    await expect(kit.open('refuse')).rejects.toMatchObject(integrity);
  });

  test('with another commit of the number that a process saw last is refused by that process', async () => {
    const { kit, barrier } = await rolledBack();
    const forked = await kit.openUnanchored();
    await change(forked, [{ address, plaintext: utf8('another present') }]);
    await expect(barrier.get(address)).rejects.toMatchObject(integrity);
    await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
  });

  test('is the true one after it was accepted, in an epoch of its own', async () => {
    const { kit, barrier } = await rolledBack(5);
    const before = await (await kit.open('warn')).position();
    expect(await acceptRollback(kit)).toEqual({ epoch: before.epoch + 1, commit: before.commit + 1 });
    kit.findings.length = 0;
    const reopened = await kit.open('refuse');
    expect(kit.findings).toEqual([]);
    expect(await reopened.get(address)).toEqual(old);
    expect(await barrier.get(address)).toEqual(old);
    await change(reopened, [{ address, plaintext: present }]);
    expect(await barrier.get(address)).toEqual(present);
    expect(await reopened.verifyAll()).toEqual({ rows: 1 });
  });

  test('gets an epoch above every one seen, also when the anchor has seen more than the store', async () => {
    const kit = await SealedStoreKit.create();
    const first = kit.memory.snapshot();
    await acceptRollback(kit);
    await acceptRollback(kit);
    kit.memory.restore(first);
    expect(await acceptRollback(kit)).toMatchObject({ epoch: 4 });
  });

  test('is not noticed when the anchor was put back with it', async () => {
    const clock = new FakeClock();
    const kit = await SealedStoreKit.create(clock);
    const barrier = await kit.open();
    const backup = { rows: kit.memory.snapshot(), anchor: kit.anchorFile.bytes };
    await change(barrier, [{ address, plaintext: old }]);
    await barrier.close();
    kit.memory.restore(backup.rows);
    kit.anchorFile.bytes = backup.anchor;
    expect(await (await kit.open('refuse')).get(address)).toBeUndefined();
  });
});

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}
