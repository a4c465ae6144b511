import { expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { rotationStatuses } from './due.js';
import { type LookedAtRotation, rotationFindings } from './rotation-findings.js';

const day = 86_400_000;
const secret = { path: Scene.path, name: 'rotation/1', schedule: { every: 30 * day, jitter: 0 }, place: 0 };
const findingsOf = async (scene: Scene, more: Partial<LookedAtRotation> = {}) => {
  const [status] = await rotationStatuses(scene.parts(), [secret]);
  return status === undefined ? [] : rotationFindings([{ status, ...more }], scene.clock.now());
};

test('a rotation that failed is an error until it is gone on with', async () => {
  const scene = new Scene('overlap');
  const down = { ...scene.target.rotator, set: () => Promise.reject(new KeywardError('unavailable', 'down')) };
  await expect(scene.run('start', {}, down)).rejects.toThrow();
  expect(await findingsOf(scene)).toMatchObject([
    { severity: 'error', where: Scene.path, cause: 'its rotation failed at set (unavailable)' },
  ]);
  await scene.run('resume');
  expect(await findingsOf(scene)).toEqual([]);
});

test('a rotation that nobody goes on with is a warning after a day', async () => {
  const scene = new Scene('overlap');
  await scene.run('start');
  await scene.clock.advance(Scene.graceMs + day - 1);
  expect(await findingsOf(scene)).toEqual([]);
  await scene.clock.advance(1);
  expect(await findingsOf(scene)).toMatchObject([{ severity: 'warning', where: Scene.path }]);
});

test('a rotation that a process left without a time to go on at is a warning a day after its last step', async () => {
  const scene = new Scene('overlap');
  const lastStepMs = scene.clock.now();
  await scene.runUntil('start', 12, true);
  await scene.clock.advance(day - 1);
  expect(await findingsOf(scene, { lastStepMs })).toEqual([]);
  await scene.clock.advance(1);
  expect(await findingsOf(scene, { lastStepMs })).toMatchObject([{ problem: 'stuck', severity: 'warning' }]);
});

test('a rotation that only a person can go on with says what is to be done', async () => {
  const scene = new Scene('overlap');
  await scene.run('start');
  const task = { name: 'verify', title: 'See that everything works', details: [] } as const;
  expect(await findingsOf(scene, { task })).toMatchObject([
    { problem: 'waiting', cause: 'its rotation waits for somebody: See that everything works' },
  ]);
});

test('a former value that is kept for those who use it is a warning that names them', () => {
  const status = {
    path: Scene.path,
    state: 'promoted',
    next: 'waiting',
    lastRotated: undefined,
    dueAt: undefined,
    isOverdue: false,
    failure: undefined,
    waitsFor: ['api (local:7)'],
  } as const;
  expect(rotationFindings([{ status }], 0)).toMatchObject([
    { problem: 'waiting', severity: 'warning', cause: 'its former value is still used by api (local:7)' },
  ]);
});

test('what is late is an error, also when its rotation failed', async () => {
  const scene = new Scene('overlap');
  await scene.clock.advance(30 * day - 1);
  expect(await findingsOf(scene)).toEqual([]);
  await scene.clock.advance(1);
  expect(await findingsOf(scene)).toMatchObject([{ problem: 'overdue', fix: 'Run: keyward rotate app/token' }]);
  expect(await findingsOf(scene, { isByHand: true })).toMatchObject([{ fix: 'Replace it: keyward set app/token' }]);
  scene.target.rotator.test = () => Promise.reject(new KeywardError('denied', 'refused'));
  await expect(scene.run('due')).rejects.toThrow();
  expect((await findingsOf(scene)).map(({ problem }) => problem)).toContain('failed');
});
