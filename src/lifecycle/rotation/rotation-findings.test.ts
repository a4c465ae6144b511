import { expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { rotationStatuses } from './due.js';
import { rotationFindings } from './rotation-findings.js';

const day = 86_400_000;
const secret = { path: Scene.path, name: 'rotation/1', schedule: { every: 30 * day, jitter: 0 }, place: 0 };
const findingsOf = async (scene: Scene) =>
  rotationFindings(await rotationStatuses(scene.parts(), [secret]), scene.clock.now());

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
