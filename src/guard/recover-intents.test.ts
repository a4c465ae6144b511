import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { AuditFixture, accessEntry } from '../testing/audit-fixture.js';
import { memoryStore, newChange, type StoreUnderTest } from '../testing/store-under-test.js';
import type { AuditLog } from './audit/audit-log.js';
import { recoverIntents } from './recover-intents.js';

const path = parsePath('exchange/binance');
const payload = textPayload('v');

let log: AuditFixture;
let store: StoreUnderTest;
let crashed: AuditLog;
let next: AuditLog;

beforeEach(async () => {
  log = new AuditFixture();
  store = memoryStore();
  crashed = await log.open({ process: { pid: 2, startedAt: 'x' } });
  next = await log.open();
});

afterEach(() => log.dispose());

const recover = (audit = next) => recoverIntents({ audit, operations: store.operations, source: 'local:1' });

async function announce(operationId: string): Promise<void> {
  const shard = store.operations.shardOf(path);
  await crashed.openIntent(accessEntry(path, { kind: 'intent', operation: 'secrets.write' }), { operationId, shard });
}

const outcomes = async () =>
  (await next.show({ limit: 100 }))
    .filter((record) => record.kind === 'outcome')
    .map((record) => [record.operationId, record.outcome]);

describe('recovery', () => {
  test('closes an act of administration, of which the store has no record, as unknown, and once', async () => {
    const { operationId } = newChange();
    const entry = accessEntry('', { kind: 'intent', operation: 'slots.remove', path: undefined });
    await crashed.openIntent(entry, { operationId, shard: undefined });
    expect(await recover()).toBe(1);
    expect(await recover()).toBe(0);
    expect(await outcomes()).toEqual([[operationId, 'unknown']]);
  });

  test('closes what was announced and not made as not committed, and a slow writer can no longer make it', async () => {
    const change = newChange();
    await announce(change.operationId);
    expect(await recover()).toBe(1);
    expect(await outcomes()).toEqual([[change.operationId, 'not_committed']]);
    await expect(store.secrets.write(change, path, { payload }, {})).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.secrets.describe(path)).toBeUndefined();
  });

  test('closes what was made and not recorded as committed', async () => {
    const change = newChange();
    await announce(change.operationId);
    await store.secrets.write(change, path, { payload }, {});
    await recover();
    expect(await outcomes()).toEqual([[change.operationId, 'committed']]);
  });

  describe('a day later', () => {
    const dayMs = 24 * 60 * 60 * 1000;

    function dayPasses(): void {
      store.clock.jump(dayMs + 1);
      log.clock.jump(dayMs + 1);
    }

    test('closes what was made as committed, though closing another one lets its row go', async () => {
      const [open, made] = [newChange(), newChange()];
      await announce(open.operationId);
      await announce(made.operationId);
      await store.secrets.write(made, path, { payload }, {});
      dayPasses();
      expect(await recover()).toBe(2);
      expect(await outcomes()).toEqual([
        [made.operationId, 'committed'],
        [open.operationId, 'unknown'],
      ]);
    });

    test('closes what has no row as unknown, since the row of a change that was made may be gone', async () => {
      const [made, later] = [newChange(), newChange()];
      await announce(made.operationId);
      await store.secrets.write(made, path, { payload }, {});
      dayPasses();
      await store.secrets.write(later, path, { payload }, {});
      await recover();
      expect(await outcomes()).toEqual([[made.operationId, 'unknown']]);
    });

    test('does not take what an interrupted recovery closed in the store for not committed', async () => {
      const change = newChange();
      await announce(change.operationId);
      dayPasses();
      const failing = { ...next, closeIntent: () => Promise.reject(new Error('crash')), orphans: () => next.orphans() };
      await expect(recover(failing)).rejects.toThrow('crash');
      await recover();
      expect(await outcomes()).toEqual([[change.operationId, 'unknown']]);
    });
  });

  test('leaves the intents of processes that still run alone', async () => {
    const own = newChange();
    await next.openIntent(accessEntry(path, { kind: 'intent' }), { operationId: own.operationId, shard: 1 });
    expect(await recover()).toBe(0);
    expect(await outcomes()).toEqual([]);
  });

  test('by two processes at the same time, or twice, closes every intent once', async () => {
    const changes = Array.from({ length: 5 }, newChange);
    for (const change of changes) await announce(change.operationId);
    for (const change of changes.slice(0, 2)) await store.secrets.write(change, path, { payload }, {});
    await Promise.all([recover(next), recover(await log.open())]);
    expect(await recover()).toBe(0);
    const closed = await outcomes();
    expect(closed.map(([id]) => id).sort()).toEqual(changes.map((change) => change.operationId).sort());
    expect(closed.filter(([, outcome]) => outcome === 'committed')).toHaveLength(2);
  });

  test('that is interrupted is finished by the next one', async () => {
    const change = newChange();
    await announce(change.operationId);
    const failing = { ...next, closeIntent: () => Promise.reject(new Error('crash')), orphans: () => next.orphans() };
    await expect(recover(failing)).rejects.toThrow('crash');
    expect(await recover()).toBe(1);
    expect(await outcomes()).toEqual([[change.operationId, 'not_committed']]);
  });
});
