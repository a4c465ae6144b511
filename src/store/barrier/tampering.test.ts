import { beforeAll, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../crypto/encoding.js';
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
import type { Row } from '../physical/physical-store.js';
import type { Barrier, RowPut } from './barrier.js';
import { kindOfKey } from './row-keys.js';
import { wireStore } from './store-parts.js';

const integrity = { code: 'integrity' };

/** 200 rows of every kind. */
function samplePuts(): readonly RowPut[] {
  const numbered = (count: number, make: (index: number) => RowPut) => Array.from({ length: count }, (_, i) => make(i));
  const body = (index: number) => utf8(`content ${index}`);
  return [
    ...numbered(60, (i) => ({ address: secretRow(`app/secret-${i}`), plaintext: body(i) })),
    ...numbered(60, (i) => ({ address: payloadRow(`app/secret-${i}`), plaintext: body(i), dataKey: randomBytes(32) })),
    ...numbered(30, (i) => ({ address: directoryRow('app', `app/secret-${i}`), plaintext: body(i) })),
    ...numbered(20, (i) => ({ address: recordRow(`rotation/${i}`), plaintext: body(i) })),
    ...numbered(15, (i) => ({ address: operationRow(i * 16, `operation-${i}`), plaintext: body(i) })),
    ...numbered(15, (i) => ({ address: controlRow(`policy/${i}`), plaintext: body(i) })),
  ];
}

interface Sample {
  readonly kit: SealedStoreKit;
  readonly barrier: Barrier;
  readonly puts: readonly RowPut[];
  readonly keys: readonly Uint8Array[];
}

async function sampleStore(): Promise<Sample> {
  const kit = await SealedStoreKit.create();
  const puts = samplePuts();
  const barrier = await kit.open();
  await Promise.all(puts.map((put) => change(barrier, [put])));
  const { rowKeys } = wireStore(kit);
  return { kit, barrier, puts, keys: puts.map(({ address }) => rowKeys.keyOf(address)) };
}

const read = (barrier: Barrier, { address, dataKey }: RowPut) => barrier.get(address, dataKey);

async function outcome(reading: Promise<Uint8Array | undefined>): Promise<string> {
  try {
    const plaintext = await reading;
    return plaintext === undefined ? 'absent' : toHex(plaintext);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a store that somebody else can write to', () => {
  let sample: Sample;
  let honest: readonly Row[];

  beforeAll(async () => {
    sample = await sampleStore();
    honest = sample.kit.rows();
    await Promise.all(sample.puts.map((put) => read(sample.barrier, put)));
  });

  const rowOf = (key: Uint8Array | undefined): Row => {
    const row = honest.find((candidate) => key !== undefined && toHex(candidate.key) === toHex(key));
    if (row === undefined) throw new Error('no such row');
    return row;
  };

  const restored = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } finally {
      sample.kit.replaceRows(honest);
    }
  };

  test('has 200 rows besides its heads, and they all verify', async () => {
    expect(honest.filter((row) => !String(kindOfKey(row.key)).endsWith('head'))).toHaveLength(200);
    expect(await sample.barrier.verifyAll()).toEqual({ rows: 200 });
  });

  test('answers neither row of any swapped pair, not even where there are no accounts yet', async () => {
    const { boxes } = wireStore(sample.kit);
    const { kit, barrier, puts, keys } = sample;
    const rows = keys.map(rowOf);
    const wrong: string[] = [];
    for (const [i, first] of puts.entries()) {
      for (const [j, second] of puts.entries()) {
        const [own, other] = [rows[i], rows[j]];
        if (own === undefined || other === undefined || i === j) continue;
        const opened = await outcome(
          (async () => boxes.open(first.address, own.key, other.value, first.dataKey ?? second.dataKey))(),
        );
        if (opened !== 'integrity') wrong.push(`box ${i} ${j}: ${opened}`);
        if (i > j) continue;
        kit.putRows([kit.forged(own.key, other.value), kit.forged(other.key, own.value)]);
        const answers = [await outcome(read(barrier, first)), await outcome(read(barrier, second))];
        if (answers.some((answer) => answer !== 'integrity')) wrong.push(`store ${i} ${j}: ${answers}`);
        kit.putRows([own, other]);
      }
    }
    kit.replaceRows(honest);
    expect(wrong).toEqual([]);
  });

  test('is refused by a process that opens it after two heads of shards were swapped', async () => {
    const heads = honest.filter((row) => kindOfKey(row.key) === 'shard-head');
    for (const [index, head] of heads.entries()) {
      const other = heads[(index + 1) % heads.length] ?? head;
      await restored(async () => {
        sample.kit.putRows([sample.kit.forged(head.key, other.value), sample.kit.forged(other.key, head.value)]);
        await expect(sample.kit.open()).rejects.toMatchObject(integrity);
        await expect(sample.barrier.verifyAll()).rejects.toMatchObject(integrity);
      });
    }
  });

  test('never answers a wrong plaintext after a bit flipped anywhere in a row', async () => {
    const { kit, barrier, puts, keys } = sample;
    for (const [index, put] of puts.entries()) {
      const { key, value } = rowOf(keys[index]);
      for (let byte = 0; byte < value.length; byte++) {
        const flipped = Uint8Array.from(value);
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << ((byte + index) % 8));
        kit.putRows([kit.forged(key, flipped)]);
        expect(await outcome(read(barrier, put))).toBe('integrity');
      }
      kit.putRows([rowOf(key)]);
    }
  });

  test('is found out or read rightly by a process that opens it after any bit flipped', async () => {
    const { kit, puts } = sample;
    for (const [index, row] of honest.entries()) {
      if (index % 8 !== 0 && kindOfKey(row.key) !== 'store-head') continue;
      const flipped = Uint8Array.from(row.value);
      const byte = (index * 31) % flipped.length;
      flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (index % 8));
      await restored(async () => {
        kit.putRows([kit.forged(row.key, flipped)]);
        const opening = await kit.open().catch((error: unknown) => error);
        if (opening instanceof Error) {
          expect(opening).toMatchObject(integrity);
          return;
        }
        const barrier = opening as Barrier;
        for (const put of puts)
          expect(['integrity', toHex(put.plaintext)]).toContain(await outcome(read(barrier, put)));
        await expect(barrier.verifyAll()).rejects.toMatchObject(integrity);
      });
    }
  });

  test('shows every single row that was removed, to those who have it open and to those who open it', async () => {
    const { kit, barrier, puts, keys } = sample;
    for (const [index, put] of puts.entries()) {
      const key = keys[index] ?? new Uint8Array(0);
      await restored(async () => {
        kit.removeRow(key);
        expect(await outcome(read(barrier, put))).toBe('integrity');
        expect(await outcome(read(await kit.open(), put))).toBe('integrity');
      });
    }
  });

  test('shows a row that was removed from a listing or a scan', async () => {
    const { kit, barrier, keys } = sample;
    await restored(async () => {
      kit.removeRow(keys[120] ?? new Uint8Array(0));
      await expect(barrier.listDirectory('app', { limit: 100 })).rejects.toMatchObject(integrity);
      await expect((await kit.open()).listDirectory('app', { limit: 100 })).rejects.toMatchObject(integrity);
    });
    await restored(async () => {
      kit.removeRow(keys.at(-1) ?? new Uint8Array(0));
      const scan = async (from: Barrier) => collected(from.listKind('control'));
      await expect(scan(barrier)).rejects.toMatchObject(integrity);
      await expect(scan(await kit.open())).rejects.toMatchObject(integrity);
    });
  });

  test('does not open a row that was copied from another store of the same keys', async () => {
    const { kit, puts, keys } = sample;
    const other = wireStore({ ...kit, physical: kit.physical, storeId: 'another-store' });
    for (const [index, put] of puts.entries()) {
      const { key, value } = rowOf(keys[index]);
      expect(await outcome((async () => other.boxes.open(put.address, key, value, put.dataKey))())).toBe('integrity');
    }
  });

  test('does not open a row that names another one, even if it was sealed for the place where it lies', () => {
    const { boxes } = wireStore(sample.kit);
    for (const [asked, named] of [
      [secretRow('a'), secretRow('b')],
      [directoryRow('a', 'a/b'), directoryRow('a', 'a/c')],
      [directoryRow('a', 'a/b'), directoryRow('c', 'a/b')],
    ] as const) {
      const key = wireStore(sample.kit).rowKeys.keyOf(asked);
      const sealed = boxes.seal(asked, key, boxes.frame(named, utf8('x')));
      expect(() => boxes.open(asked, key, sealed)).toThrow(expect.objectContaining(integrity));
      const kind = asked.childName === undefined ? 'secret' : 'directory';
      expect(() => boxes.openFound(kind, key, sealed)).toThrow(expect.objectContaining(integrity));
    }
  });

  test('does not open a payload as another version of it', async () => {
    const { kit, puts, keys } = sample;
    const { boxes } = wireStore(kit);
    const put = puts[60];
    if (put === undefined) throw new Error('no payload');
    const { key, value } = rowOf(keys[60]);
    expect(() => boxes.open({ ...put.address, version: 2 }, key, value, put.dataKey)).toThrow(
      expect.objectContaining(integrity),
    );
  });

  test('does not unwrap a data key for another version or another row', () => {
    const { barrier } = sample;
    const address = payloadRow('app/secret-1', 3);
    const dataKey = randomBytes(32);
    const wrapped = barrier.wrapDataKey(address, dataKey);
    expect(barrier.unwrapDataKey(address, wrapped)).toEqual(dataKey);
    for (const wrong of [{ ...address, version: 4 }, payloadRow('app/secret-1', 3), payloadRow('app/secret-2', 3)]) {
      expect(() => barrier.unwrapDataKey(wrong, wrapped)).toThrow(expect.objectContaining(integrity));
    }
  });
});
