import { describe, expect, test } from 'vitest';
import { memoryStore, newChange } from '../../testing/store-under-test.js';
import { maxRecordBytes } from './sealed-record-store.js';

const name = 'rotation/exchange/binance';
const bytes = (text: string) => new TextEncoder().encode(text);

describe('records', () => {
  test('a record is absent, is made, is changed at its revision, and removed', async () => {
    const { records } = memoryStore();
    expect(await records.get(name)).toBeUndefined();
    const first = await records.put(newChange(), name, bytes('one'), { ifRevision: 0 });
    expect(await records.get(name)).toEqual({ bytes: bytes('one'), revision: first });
    const second = await records.put(newChange(), name, bytes('two'), { ifRevision: first });
    expect(await records.get(name)).toEqual({ bytes: bytes('two'), revision: second });
    await records.remove(newChange(), name, { ifRevision: second });
    expect(await records.get(name)).toBeUndefined();
  });

  test('every other revision is a conflict and changes nothing', async () => {
    const { records } = memoryStore();
    const put = (ifRevision: number) => records.put(newChange(), name, bytes('x'), { ifRevision });
    const remove = (ifRevision: number) => records.remove(newChange(), name, { ifRevision });
    for (const revision of [1, -1, Number.NaN]) {
      await expect(put(revision)).rejects.toMatchObject({ code: 'conflict' });
      await expect(remove(revision)).rejects.toMatchObject({ code: 'conflict' });
    }
    const revision = await put(0);
    for (const other of [0, revision + 1, revision - 1]) {
      await expect(put(other)).rejects.toMatchObject({ code: 'conflict' });
      await expect(remove(other)).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(await records.get(name)).toEqual({ bytes: bytes('x'), revision });
  });

  test('removing what is not there is not_found', async () => {
    const { records } = memoryStore();
    await expect(records.remove(newChange(), name, { ifRevision: 0 })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a revision never comes back, not even for a record that was removed and made again', async () => {
    const { records } = memoryStore();
    const seen = new Set<number>();
    for (let round = 0; round < 20; round += 1) {
      const made = await records.put(newChange(), name, bytes('same'), { ifRevision: 0 });
      const changed = await records.put(newChange(), name, bytes('same'), { ifRevision: made });
      await records.remove(newChange(), name, { ifRevision: changed });
      expect(changed).toBeGreaterThan(made);
      seen.add(made).add(changed);
    }
    expect(seen.size).toBe(40);
  });

  test('of many that change one revision at once, one wins', async () => {
    const { records } = memoryStore();
    const revision = await records.put(newChange(), name, bytes('0'), { ifRevision: 0 });
    const tries = Array.from({ length: 10 }, (_, i) =>
      records.put(newChange(), name, bytes(`${i}`), { ifRevision: revision }),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  test('lists the names that begin with a prefix, sorted', async () => {
    const { records } = memoryStore();
    for (const made of ['b/2', 'a', 'b/1', 'bb']) await records.put(newChange(), made, bytes(''), { ifRevision: 0 });
    expect(await records.list('b/')).toEqual(['b/1', 'b/2']);
    expect(await records.list('')).toEqual(['a', 'b/1', 'b/2', 'bb']);
    expect(await records.list('c')).toEqual([]);
  });

  test('a record holds up to 64 KiB', async () => {
    const { records } = memoryStore();
    await records.put(newChange(), name, new Uint8Array(maxRecordBytes), { ifRevision: 0 });
    const tooLarge = records.put(newChange(), 'other', new Uint8Array(maxRecordBytes + 1), { ifRevision: 0 });
    await expect(tooLarge).rejects.toMatchObject({ code: 'too_large' });
  });

  test.each(['', 'a b', 'é', 'a\n', 'a'.repeat(257)])('%j is no record name', async (bad) => {
    const { records } = memoryStore();
    await expect(records.get(bad)).rejects.toMatchObject({ code: 'invalid' });
    await expect(records.put(newChange(), bad, bytes(''), { ifRevision: 0 })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(records.remove(newChange(), bad, { ifRevision: 1 })).rejects.toMatchObject({ code: 'invalid' });
  });
});
