import { expect, test } from 'vitest';
import type { Notification } from '../../core/notification.js';
import { createMemoryRecords } from '../../testing/memory-records.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { createNotifier } from '../notify/notifier.js';
import { rotationStatuses } from './due.js';
import { reminderOf } from './rotation-news.js';

const day = 86_400_000;
const secretOf = (every: number) => ({
  path: Scene.path,
  name: 'rotation/1',
  schedule: { every, jitter: 0 },
  place: 0,
});
const reminderIn = async (scene: Scene, every: number): Promise<Notification | undefined> => {
  const [status] = await rotationStatuses(scene.parts(), [secretOf(every)]);
  const context = { environment: 'production', atMs: scene.clock.now(), project: 'bot', owner: 'trading' };
  return status === undefined || 'error' in status ? undefined : reminderOf(status, context, 'keyward set app/token');
};

test('people are reminded two weeks before, when it is due, and weekly after, until they have replaced it', async () => {
  const scene = new Scene('overlap');
  const sent: (readonly [number, string])[] = [];
  const startMs = scene.clock.now();
  const notifier = createNotifier({
    channels: new Map([
      ['mail', { send: async ({ text }) => void sent.push([(scene.clock.now() - startMs) / day, text]) }],
    ]),
    kinds: new Set(['rotation-due']),
    repeatMs: 7 * day,
    records: createMemoryRecords(),
    clock: scene.clock,
    onFinding: () => undefined,
  });
  const live = async (days: number) => {
    for (let hour = 0; hour < days * 24; hour += 6) {
      const reminder = await reminderIn(scene, 60 * day);
      if (reminder !== undefined) await notifier.notify(reminder);
      await scene.clock.advance(day / 4);
    }
  };
  await live(75);
  const [soon, late] = ['app/token is to be rotated by 2030-03-02', 'app/token is overdue for its rotation'];
  expect(sent).toEqual([
    [46, soon],
    [53, soon],
    [60, late],
    [67, late],
    [74, late],
  ]);
  scene.provider.set(Scene.path, 'new');
  await live(40);
  expect(sent).toHaveLength(5);
  await live(30);
  expect(sent.slice(5).map(([, text]) => text)).toEqual([
    'app/token is to be rotated by 2030-05-16',
    'app/token is to be rotated by 2030-05-16',
    late,
    late,
  ]);
});

test('of a short interval people are reminded in its second half, and told what to run', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(2 * day - 1);
  expect(await reminderIn(scene, 4 * day)).toBeUndefined();
  await scene.clock.advance(1);
  expect(await reminderIn(scene, 4 * day)).toMatchObject({ next: 'keyward set app/token', owner: 'trading' });
});

test('a rotation that is under way is no reason to be reminded of one', async () => {
  const scene = new Scene('overlap');
  await scene.run('start');
  expect(await reminderIn(scene, 60 * day)).toBeUndefined();
});
