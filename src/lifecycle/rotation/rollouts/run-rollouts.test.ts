import { expect, test } from 'vitest';
import { KeywardError } from '../../../core/errors.js';
import { RotationScene as Scene } from '../../../testing/rotation-scene.js';
import { readJournal } from '../journal.js';
import { rotate } from '../rotation.js';
import { RolloutFailure } from './rollout.js';
import type { PlannedRollout } from './run-rollouts.js';

const journalOf = (scene: Scene) => readJournal(scene.records, 'rotation/1');

/** Rotates while the clock goes on, with the roll-outs of the scene changed. */
async function run(scene: Scene, change: Partial<PlannedRollout>, intent: 'start' | 'resume' | 'skip' = 'start') {
  const rotating = scene.rotating();
  const rollouts = (rotating.rollouts ?? []).map((planned) => ({ ...planned, ...change }));
  let isOver = false;
  const answer = rotate(scene.parts(), { ...rotating, rollouts }, intent).finally(() => {
    isOver = true;
  });
  answer.catch(() => undefined);
  while (!isOver) await scene.clock.advance(1_000);
  return answer;
}

const failing = (scene: Scene, name: string, error: () => Error): Partial<PlannedRollout> => {
  const [one] = scene.rollouts.filter((rollout) => rollout.name === name);
  if (one === undefined) throw new Error(name);
  return { rollout: { ...one, pending: () => Promise.reject(error()) } };
};

test('grace begins when everybody has the value, and a pause is kept after each', async () => {
  const scene = new Scene('overlap', { consumers: 2 });
  const { waitUntil = 0, lastRotated = 0 } = await run(scene, { pauseMs: 600_000 });
  expect(waitUntil - Scene.graceMs - lastRotated).toBeGreaterThanOrEqual(1_200_000);
});

test('the journal stays with the process that waits for long', async () => {
  const scene = new Scene('overlap', { consumers: 1 });
  const other = scene.parts();
  const attempts: unknown[] = [];
  const ask = async () => {
    attempts.push(await rotate(other, scene.rotating(), 'resume').catch((error: unknown) => error));
    return attempts.length < 400 ? 'it starts' : undefined;
  };
  expect((await run(scene, { check: { ask, withinMs: 3_600_000 } })).state).toBe('promoted');
  expect(attempts.every((error) => error instanceof KeywardError && error.code === 'conflict')).toBe(true);
});

test('consumers that are not healthy have the former value again, and nothing was revoked', async () => {
  const scene = new Scene('overlap', { consumers: 2 });
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return scene.held.get('consumer 2') === 'first' ? undefined : 'it answers with status 500';
  };
  await expect(run(scene, { check: { ask, withinMs: 60_000 } })).rejects.toThrow(
    'consumer 2 is not healthy after 1m: it answers with status 500',
  );
  expect(asked).toBeGreaterThan(20);
  expect([...scene.held.values()]).toEqual(['first', 'first']);
  expect([...scene.told.values()]).toEqual([2, 2]);
  expect(await scene.current()).toBe('first');
  expect([...scene.target.accepted]).toEqual(['first', 'made 1']);
  expect(await journalOf(scene)).toMatchObject({
    state: 'restored',
    failure: { step: 'rollout', code: 'unavailable' },
  });
  expect(await scene.finish()).toBe('rolled_back');
  expect(await scene.problems()).toEqual([]);
});

test('only those who were told are told to go back, and one that fails again holds up no other', async () => {
  const scene = new Scene('overlap', { consumers: 3 });
  const [first, second, third] = scene.rollouts;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  const broken = { ...second, pending: () => Promise.reject(new RolloutFailure(second.name, 'does not start')) };
  const planned = [first, broken, third].map((rollout) => ({ rollout, timeoutMs: 60_000, pauseMs: 0 }));
  const answer = rotate(scene.parts(), { ...scene.rotating(), rollouts: planned }, 'start');
  await expect(answer).rejects.toBeInstanceOf(RolloutFailure);
  await expect(rotate(scene.parts(), { ...scene.rotating(), rollouts: planned }, 'resume')).rejects.toThrow();
  expect(await journalOf(scene)).toMatchObject({
    state: 'rolling_back',
    failure: { step: 'rollback' },
    rollouts: { done: ['consumer 1'] },
  });
  expect((await scene.run('resume')).state).toBe('restored');
  expect(Object.fromEntries(scene.told)).toEqual({ 'consumer 1': 2, 'consumer 2': 2 });
  await scene.finish();
  expect(await scene.problems()).toEqual([]);
});

test('what cannot be found out is asked again, then left open and gone on with', async () => {
  const scene = new Scene('overlap', { consumers: 1 });
  const unreachable = failing(scene, 'consumer 1', () => new KeywardError('timeout', 'no answer'));
  await expect(run(scene, unreachable)).rejects.toMatchObject({ code: 'timeout' });
  expect(await journalOf(scene)).toMatchObject({ state: 'rolling_out', failure: { step: 'rollout' } });
  expect((await run(scene, {}, 'resume')).state).toBe('promoted');
  expect(scene.told.get('consumer 1')).toBe(1);
});

test('a roll-out is skipped where it stands, and nowhere else', async () => {
  const scene = new Scene('overlap', { consumers: 1 });
  await expect(run(scene, {}, 'skip')).rejects.toMatchObject({ code: 'conflict' });
  const refused = failing(scene, 'consumer 1', () => new KeywardError('denied', 'no'));
  await expect(run(scene, refused)).rejects.toMatchObject({ code: 'denied' });
  expect((await run(scene, refused, 'skip')).state).toBe('promoted');
  await expect(run(scene, refused, 'skip')).rejects.toMatchObject({ code: 'conflict' });
});

test('a secret that is made has no way back: a failing roll-out waits to be repeated', async () => {
  const scene = new Scene('overlap', { consumers: 1 });
  await scene.provider.remove({ path: Scene.path }, { mode: 'purge' });
  const broken = failing(scene, 'consumer 1', () => new RolloutFailure('consumer 1', 'does not start'));
  await expect(run(scene, broken)).rejects.toBeInstanceOf(RolloutFailure);
  expect(await journalOf(scene)).toMatchObject({ state: 'rolling_out', failure: { step: 'rollout' } });
  expect((await run(scene, {}, 'resume')).state).toBe('promoted');
});

test('one that was taken out of the configuration on the way is missed on the way back', async () => {
  const scene = new Scene('overlap', { consumers: 1 });
  await scene.run('start');
  const without = { ...scene.rotating(), rollouts: [] };
  await expect(rotate(scene.parts(), without, 'undo')).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('consumer 1'),
  });
  expect((await rotate(scene.parts(), without, 'skip')).state).toBe('restored');
});
