import { afterEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import { boxTerm } from '../crypto/box.js';
import { maxAccountedRows } from '../store/barrier/shard-accounts.js';
import { startTerm } from '../store/secrets/term-rotation.js';
import { FakeClock } from '../testing/fake-clock.js';
import { newChange, type SealedStoreUnderTest, sealedStore, writeText } from '../testing/store-under-test.js';
import { startBackgroundWork } from './background-work.js';

let stop = async () => {};
afterEach(() => stop());

function start(store: SealedStoreUnderTest) {
  const clock = new FakeClock();
  const findings: Finding[] = [];
  const observer = { finding: (finding: Finding) => void findings.push(finding), access() {} };
  const parts = { barrier: store.barrier, keyring: store.kit.keyringPlace, clock, observer, folder: 'the store' };
  stop = startBackgroundWork(parts);
  const rounds = async (minutes: number) => {
    for (let second = 0; second < minutes * 60; second += 1) await clock.advance(1_000);
  };
  return { parts, clock, findings, rounds };
}

describe('a process that keeps the store open', () => {
  test('finishes a rotation that was interrupted, after a minute', async () => {
    const store = await sealedStore();
    await writeText(store, 'app/one', 'value');
    const { parts, rounds } = start(store);
    await startTerm(parts);
    await rounds(3);
    expect(store.kit.keyringPlace.now.terms.map(({ term }) => term)).toEqual([2]);
    expect(store.kit.rows().filter(({ value }) => boxTerm(value) === 1)).toEqual([]);
  });

  test('stops when it is told to, in the middle of it', async () => {
    const store = await sealedStore();
    for (let number = 0; number < 20; number++) await writeText(store, `app/${number}`, 'value');
    const { parts, clock } = start(store);
    await startTerm(parts);
    await clock.advance(60_100);
    await stop();
    expect(store.kit.keyringPlace.now.terms).toHaveLength(2);
  });

  test('seals the store and says so when a shard that reads do not verify is not as it was written', async () => {
    const store = await sealedStore();
    const { findings, rounds } = start(store);
    store.barrier.scrub = () => Promise.reject(new KeywardError('integrity', 'shard 07 does not hold its rows'));
    await rounds(2);
    expect(findings).toMatchObject([{ severity: 'error', where: 'the store' }]);
    await expect(writeText(store, 'app/one', 'value')).rejects.toMatchObject({ code: 'sealed' });
  });

  test('tries again an hour after the disk failed', async () => {
    const store = await sealedStore();
    const { findings, clock, rounds } = start(store);
    let calls = 0;
    store.barrier.scrub = async () => {
      calls += 1;
      throw new KeywardError('unavailable', 'the disk failed');
    };
    await rounds(2);
    expect(calls).toBe(1);
    await clock.advance(60 * 60 * 1000);
    await rounds(1);
    expect(calls).toBe(2);
    expect(findings).toEqual([]);
  });
});

describe('a scrub', () => {
  test(`finds an old row put back in a shard of more than ${maxAccountedRows} rows, which a read does not`, async () => {
    const store = await sealedStore();
    const { barrier, kit } = store;
    const address = (name: string) => ({ kind: 'operation', shardBy: 7, name, version: 0 }) as const;
    const put = (names: readonly string[], text: string) =>
      barrier.transact(async () => ({
        changes: {
          put: names.map((name) => ({ address: address(name), plaintext: new TextEncoder().encode(text) })),
          remove: [],
        },
        result: undefined,
      }));
    for (let first = 0; first <= maxAccountedRows; first += 80) {
      await put(
        Array.from({ length: 80 }, (_, index) => `${first + index}`),
        'old',
      );
    }
    expect(await barrier.scrub()).toBe(1);
    const before = kit.rows();
    await put(['5'], 'new');
    const changed = kit.rows().find((row) => !before.some((other) => Buffer.compare(row.value, other.value) === 0));
    const old = before.find(({ key }) => Buffer.compare(key, changed?.key ?? key) === 0);
    expect(await barrier.scrub()).toBe(1);
    if (old !== undefined) kit.putRows([old]);
    const reader = await kit.open('refuse');
    await reader.get(address('5'));
    await expect(reader.scrub()).rejects.toMatchObject({ code: 'integrity' });
    await reader.close();
  });

  test('leaves shards alone that every read verifies', async () => {
    const store = await sealedStore();
    await writeText(store, 'app/one', 'value');
    await store.records.put(newChange(), 'state/one', Uint8Array.of(1), { ifRevision: 0 });
    expect(await store.barrier.scrub()).toBe(0);
  });
});
