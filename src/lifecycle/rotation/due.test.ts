import { expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import type { RotationSchedule } from '../../core/rotation-schedule.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { rotationStatus } from './due.js';

const day = 86_400_000;
const monthly: RotationSchedule = { every: 30 * day, jitter: 0 };
const secretOf = (schedule: RotationSchedule | undefined) => ({
  path: Scene.path,
  name: 'rotation/1',
  schedule,
  place: 0,
});
const statusOf = (scene: Scene, { schedule }: { schedule?: RotationSchedule | undefined } = { schedule: monthly }) =>
  rotationStatus(scene.parts(), secretOf(schedule));

test('a rotation is due at the end of its interval, and again when its grace is over', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(30 * day - 1);
  expect(await statusOf(scene)).toMatchObject({ state: 'idle', next: 'fresh' });
  await scene.clock.advance(1);
  expect(await statusOf(scene)).toMatchObject({ next: 'due' });
  await scene.run('due');
  expect(await statusOf(scene)).toMatchObject({ state: 'promoted', next: 'waiting' });
  await scene.clock.advance(Scene.graceMs);
  expect(await statusOf(scene)).toMatchObject({ next: 'due' });
  await scene.run('due');
  const dueAt = new Date(scene.clock.now() - Scene.graceMs + 30 * day);
  expect(await statusOf(scene)).toMatchObject({ state: 'retired', next: 'fresh', dueAt });
  await scene.clock.advance(30 * day - Scene.graceMs);
  expect(await statusOf(scene)).toMatchObject({ next: 'due' });
});

test('a value that was written by hand later makes the next rotation due later', async () => {
  const scene = new Scene('overlap');
  await scene.run('start');
  await scene.clock.advance(Scene.graceMs);
  await scene.run('resume');
  await scene.clock.advance(30 * day);
  await scene.provider.write(Scene.path, { metadata: {} });
  scene.provider.set(Scene.path, 'by hand');
  expect(await statusOf(scene)).toMatchObject({ next: 'fresh', lastRotated: new Date(scene.clock.now()) });
});

test('what failed is due after a pause', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(30 * day);
  const down = { ...scene.target.rotator, set: () => Promise.reject(new KeywardError('unavailable', 'down')) };
  await expect(scene.run('due', {}, down)).rejects.toMatchObject({ code: 'unavailable' });
  const failure = { step: 'set', code: 'unavailable' };
  expect(await statusOf(scene)).toMatchObject({ state: 'pending_stored', next: 'waiting', failure });
  await scene.clock.advance(60_000);
  expect(await statusOf(scene)).toMatchObject({ next: 'due', failure });
});

test('what is not there is neither due nor made, and what has no interval is never due', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(1000 * day);
  expect(await statusOf(scene, {})).toMatchObject({ next: 'fresh' });
  await scene.provider.remove({ path: Scene.path }, { mode: 'purge' });
  expect(await statusOf(scene)).toMatchObject({ next: 'absent' });
});

test('what was taken back is as old as before', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(30 * day);
  await scene.run('start');
  await scene.run('undo');
  await scene.clock.advance(Scene.graceMs);
  await scene.run('resume');
  expect(await scene.notes()).toEqual({ last_rotated: '2030-01-01T00:00:00.000Z' });
  expect(await statusOf(scene)).toMatchObject({ state: 'rolled_back', next: 'due' });
});
