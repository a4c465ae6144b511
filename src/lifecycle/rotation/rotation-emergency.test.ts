import { describe, expect, test } from 'vitest';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import type { Rotating, RotationIntent } from './rotating.js';
import { rotate } from './rotation.js';
import type { Rotator } from './rotators/rotator.js';

const now = { incident: 'i-1', graceMs: 0, spreadMs: 0 };
const run = (scene: Scene, intent: RotationIntent, change: Partial<Rotating>, rotator?: Rotator) =>
  rotate(scene.parts({}), { ...scene.rotating(rotator), ...change }, intent);

describe('a rotation for an incident', () => {
  test.each(['overlap', 'swap', 'verifier'] as const)(
    'of kind %s takes the former value back at once',
    async (kind) => {
      const scene = new Scene(kind);
      const journal = await run(scene, 'start', now);
      expect(journal).toMatchObject({ state: 'retired', incident: 'i-1', isRefused: true });
      expect([...scene.target.accepted]).toEqual([await scene.current()]);
    },
  );

  test('without skipping grace waits, and then sees the former value refused', async () => {
    const scene = new Scene('overlap');
    expect(await run(scene, 'start', { incident: 'i-1' })).toMatchObject({ state: 'promoted', incident: 'i-1' });
    await scene.clock.advance(Scene.graceMs);
    expect(await scene.run('due')).toMatchObject({ state: 'retired', incident: 'i-1', isRefused: true });
  });

  test('does not end while the former value is accepted, and ends when it no longer is', async () => {
    const scene = new Scene('overlap');
    const stubborn: Rotator = { ...scene.target.rotator, revoke: async () => undefined };
    await expect(run(scene, 'start', now, stubborn)).rejects.toMatchObject({ code: 'conflict' });
    await expect(run(scene, 'resume', now, stubborn)).rejects.toMatchObject({ code: 'conflict' });
    expect(await run(scene, 'resume', now)).toMatchObject({ state: 'retired', isRefused: true });
  });

  test('cuts the wait of the rotation before it short', async () => {
    const scene = new Scene('overlap');
    await scene.run('start');
    const { state, incident } = await run(scene, 'resume', now);
    expect([state, incident]).toEqual(['retired', undefined]);
    expect(await run(scene, 'start', now)).toMatchObject({ state: 'retired', incident: 'i-1' });
    expect([...scene.target.accepted]).toEqual(['made 2']);
  });

  test('is followed by one that is for none', async () => {
    const scene = new Scene('overlap');
    await run(scene, 'start', now);
    const next = await scene.run('start');
    expect([next.incident, next.isRefused]).toEqual([undefined, undefined]);
  });
});
