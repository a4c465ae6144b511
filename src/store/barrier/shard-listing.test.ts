import { describe, expect, test } from 'vitest';
import { utf8 } from '../../crypto/encoding.js';
import { InterceptedStore } from '../../testing/intercepted-store.js';
import { secretRow } from '../../testing/row-addresses.js';
import { change, SealedStoreKit } from '../../testing/sealed-store-kit.js';
import { compareKeys } from '../physical/key-order.js';
import type { PhysicalStore, Row } from '../physical/physical-store.js';
import { shardOfKey } from './row-keys.js';
import { wireStore } from './store-parts.js';

const integrity = { code: 'integrity' };
const rows = 40;

/** Counts what is asked of the store, and changes what it answers. */
class ListedStore extends InterceptedStore {
  lists = 0;
  keysRead = 0;
  onList = (listed: readonly Row[]): readonly Row[] => listed;
  hidden: Uint8Array | undefined;

  override async get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    this.keysRead += keys.length;
    const found = await super.get(keys);
    const isHidden = (row: Row | undefined) => row && this.hidden && compareKeys(row.key, this.hidden) === 0;
    return found.map((row) => (isHidden(row) ? undefined : row));
  }

  override async *list(...args: Parameters<PhysicalStore['list']>): AsyncGenerator<Row> {
    this.lists += 1;
    const listed: Row[] = [];
    for await (const row of super.list(...args)) listed.push(row);
    yield* this.onList(listed);
  }
}

/** A store whose secrets `a/0` to `a/39` lie in one shard. */
async function storeOfOneShard() {
  const kit = await SealedStoreKit.create();
  const address = (index: number) => ({ ...secretRow(`a/${index}`), shardBy: 'a' });
  const writer = await kit.open();
  for (let index = 0; index < rows; index += 1) {
    await change(writer, [{ address: address(index), plaintext: utf8(`content ${index}`) }]);
  }
  const { rowKeys } = wireStore(kit);
  return {
    kit,
    address,
    keyOf: (index: number) => rowKeys.keyOf(address(index)),
    physical: new ListedStore(kit.memory),
  };
}

describe('the listing of a shard', () => {
  test('is refused when its rows are out of order, by which one could be hidden', async () => {
    const { kit, address, keyOf, physical } = await storeOfOneShard();
    physical.hidden = keyOf(7);
    physical.onList = (listed) => {
      const isHidden = (row: Row) => compareKeys(row.key, keyOf(7)) === 0;
      return [...listed.filter(isHidden), ...listed.filter((row) => !isHidden(row))];
    };
    await expect((await kit.open('refuse', physical)).get(address(7))).rejects.toMatchObject(integrity);
    physical.onList = (listed) => [...listed].sort((a, b) => b.revision.localeCompare(a.revision));
    await expect((await kit.open('refuse', physical)).get(address(7))).rejects.toMatchObject(integrity);
  });

  test('is refused when it holds a row that no writer makes, of whatever length its key is', async () => {
    const { kit, address, keyOf, physical } = await storeOfOneShard();
    const shard = shardOfKey(keyOf(0));
    for (const length of [3, 18, 34, 35, 128]) {
      const key = new Uint8Array(length).fill(0x7f);
      key[0] = shard;
      physical.onList = (listed) => [...listed, kit.forged(key, utf8('anything'))];
      const barrier = await kit.open('refuse', physical);
      await expect(barrier.get(address(0))).rejects.toMatchObject(integrity);
    }
  });
});

describe('what a store costs, however much it holds', () => {
  test('is the heads and no row when it is opened', async () => {
    const { kit, physical } = await storeOfOneShard();
    await (await kit.open('refuse', physical)).close();
    expect(physical.lists).toBe(0);
    expect(physical.keysRead).toBeLessThanOrEqual(300);
  });

  test('is one listing of the shard at the first read, and the row and its two heads at each further one', async () => {
    const { kit, address, physical } = await storeOfOneShard();
    const barrier = await kit.open('refuse', physical);
    await barrier.get(address(0));
    expect(physical.lists).toBe(1);
    const before = physical.keysRead;
    for (let index = 0; index < rows; index += 1) await barrier.get(address(index));
    expect(physical.lists).toBe(1);
    expect(physical.keysRead - before).toBe(3 * rows);
  });
});
