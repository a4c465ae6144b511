import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { createMemoryRecords } from '../../testing/memory-records.js';
import { RotationScene } from '../../testing/rotation-scene.js';
import { RotationLog } from './rotation-log.js';

const clock = new FakeClock();
const newLog = (records = createMemoryRecords(), by = 'anna') =>
  new RotationLog({ records, clock, by }, 'rotation-log/1');

describe('a rotation log', () => {
  test('has an entry of each rotation, also when the clock goes back', async () => {
    const records = createMemoryRecords();
    const log = newLog(records);
    expect(await log.open()).toEqual([]);
    await log.note('create');
    await log.note('retire', { outcome: 'retired' });
    await clock.advance(-86_400_000);
    await newLog(records, 'ben').note('create', { note: 'again' });
    expect(await log.all()).toMatchObject([
      { outcome: 'retired', steps: [{ step: 'create', by: 'anna' }, { step: 'retire' }] },
      { steps: [{ step: 'create', by: 'ben', note: 'again' }] },
    ]);
    expect(await log.open()).toHaveLength(1);
  });

  test('notes a step that is repeated after a crash once, the last one too', async () => {
    const log = newLog();
    for (const step of ['store', 'store', 'set', 'store']) await log.note(step);
    for (const _ of [1, 2]) await log.note('retire', { outcome: 'retired' });
    expect((await log.all()).map(({ steps }) => steps.map(({ step }) => step))).toEqual([
      ['store', 'set', 'store', 'retire'],
    ]);
  });

  test('loses nothing when two write at once', async () => {
    const records = createMemoryRecords();
    await Promise.all(['a', 'b', 'c'].map((step) => newLog(records).note(step)));
    expect((await newLog(records).open()).map(({ step }) => step).sort()).toEqual(['a', 'b', 'c']);
  });
});

test('a rotation is logged step by step, with what failed and no value', async () => {
  const scene = new RotationScene('overlap');
  await scene.finish();
  scene.target.rotator.set = async () => undefined;
  await expect(scene.run('start')).rejects.toThrow('refuses');
  const log = new RotationLog(scene.parts(), 'rotation-log/1');
  expect((await log.all()).map(({ outcome, steps }) => [outcome, ...steps.map(({ step }) => step)])).toEqual([
    ['retired', 'store', 'set', 'test', 'promote', 'retire'],
    ['rolled_back', 'store', 'set', 'undo', 'restore', 'discard'],
  ]);
  expect((await log.last())?.steps[2]?.note).toBe('test failed: unauthenticated');
  expect(JSON.stringify(await log.all())).not.toMatch(/made|first/);
});
