import { describe, expect, test } from 'vitest';
import type { RecordsClient } from '../../core/client.js';
import { parsePath } from '../../core/path.js';
import { createMemoryRecords } from '../../testing/memory-records.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { rotationStatus, rotationStatuses, type ScheduledSecret } from './due.js';
import { RotationIndex } from './rotation-index.js';

const day = 86_400_000;
const secret: ScheduledSecret = {
  path: Scene.path,
  name: 'rotation/1',
  schedule: { every: 30 * day, jitter: 0 },
  place: 0,
};

const counting = (records: RecordsClient) => {
  const calls: string[] = [];
  const counted: RecordsClient = {
    ...records,
    get: (name) => {
      calls.push(name);
      return records.get(name);
    },
  };
  return { calls, counted };
};

describe('what is due of many', () => {
  test('is found without the journals of what is fresh, and without asking the store', async () => {
    const scene = new Scene('overlap');
    const { calls, counted } = counting(scene.records);
    const parts = scene.parts({ records: counted });
    const [first] = await rotationStatuses(parts, [secret]);
    expect(first).toEqual(await rotationStatus(parts, secret));
    calls.length = 0;
    const blind = { ...scene.provider, describe: () => Promise.reject(new Error('asked')) };
    const [again] = await rotationStatuses({ ...parts, provider: blind }, [secret]);
    expect(again).toMatchObject({ next: 'fresh', dueAt: new Date(scene.clock.now() + 30 * day) });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/^rotation-index\//);
  });

  test.each(['due', 'start'] as const)(
    'is the same after every step of %s, wherever a process ends',
    async (intent) => {
      for (let crash = 1; ; crash += 1) {
        const scene = new Scene('overlap');
        await rotationStatuses(scene.parts(), [secret]);
        await scene.clock.advance(intent === 'due' ? 30 * day : day);
        const isOver = !(await scene.runUntil(intent, crash, crash % 2 === 0));
        const [status] = await rotationStatuses(scene.parts(), [secret]);
        const alone = await rotationStatus(scene.parts(), secret);
        expect(status).toMatchObject({ next: alone.next, dueAt: alone.dueAt });
        if (isOver) break;
      }
    },
  );

  test('a mark that was set meanwhile is not written over by what was learnt before', async () => {
    const records = createMemoryRecords();
    const index = new RotationIndex(records);
    const view = await index.read(['rotation/1', 'rotation/2']);
    await index.mark('rotation/1');
    await view.learn(new Map([['rotation/1', 1000]]));
    expect((await index.read(['rotation/1'])).sinceMs('rotation/1')).toBeUndefined();
    await index.settle('rotation/1', 2000);
    expect((await index.read(['rotation/1'])).sinceMs('rotation/1')).toBe(2000);
  });

  test('one that its store does not tell of does not hide the others', async () => {
    const scene = new Scene('overlap');
    const provider = {
      ...scene.provider,
      describe: (path: string) =>
        path === 'app/other' ? Promise.reject(new Error('down')) : scene.provider.describe(Scene.path),
    };
    const other = { ...secret, path: parsePath('app/other'), name: 'rotation/2' };
    const [failed, found] = await rotationStatuses(scene.parts({ provider }), [other, secret]);
    expect(failed).toMatchObject({ path: 'app/other', error: { code: 'internal' } });
    expect(found).toMatchObject({ next: 'fresh' });
  });

  test('a rotation that another process has done already is not done again', async () => {
    const scene = new Scene('overlap');
    await scene.clock.advance(30 * day);
    const [status] = await rotationStatuses(scene.parts(), [secret]);
    const plannedFor = status !== undefined && 'plannedFor' in status ? status.plannedFor : undefined;
    expect(plannedFor).toBe(scene.clock.now());
    await scene.run('due');
    await scene.clock.advance(Scene.graceMs);
    await scene.run('due');
    const current = await scene.current();
    const { rotate } = await import('./rotation.js');
    const journal = await rotate(scene.parts(), { ...scene.rotating(), plannedFor }, 'due');
    expect(journal).toMatchObject({ state: 'retired', epoch: 1 });
    expect(await scene.current()).toBe(current);
  });

  test('what is paused is not due, and is when the pause ends', async () => {
    const scene = new Scene('overlap');
    await scene.clock.advance(31 * day);
    const until = scene.clock.now() + day;
    const stateOf = async (pausedUntil: number | undefined) =>
      rotationStatus(scene.parts(), { ...secret, pausedUntil });
    expect(await stateOf(until)).toMatchObject({ next: 'paused', isOverdue: true, dueAt: new Date(until) });
    expect(await stateOf(Number.POSITIVE_INFINITY)).toMatchObject({ next: 'paused', dueAt: undefined });
    await scene.clock.advance(day);
    expect(await stateOf(until)).toMatchObject({ next: 'due' });
    await scene.run('due');
    expect(await stateOf(Number.POSITIVE_INFINITY)).toMatchObject({ state: 'promoted', next: 'waiting' });
  });
});
