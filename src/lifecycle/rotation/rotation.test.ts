import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import type { RotationKind } from '../../core/rotator-settings.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import type { RotationIntent } from './rotating.js';

const graceMs = Scene.graceMs;
const kinds: readonly RotationKind[] = ['overlap', 'swap', 'verifier'];

const cases = kinds.flatMap((kind) => [0, 2].map((consumers) => [kind, consumers] as const));

describe.each(cases)('a rotation (%s, %d who are told)', (kind, consumers) => {
  const newScene = () => new Scene(kind, { consumers });

  test('waits for the grace, then takes the old value back', async () => {
    const scene = newScene();
    const { state, waitUntil } = await scene.run('start');
    expect({ state, waitUntil }).toEqual({ state: 'promoted', waitUntil: scene.clock.now() + graceMs });
    expect(await scene.current()).toBe('made 1');
    expect(await scene.finish()).toBe('retired');
    expect(await scene.problems()).toEqual([]);
    expect(await scene.notes()).toEqual({ last_rotated: '2030-01-01T00:00:00.000Z' });
  });

  test('is the next one when the last one is finished', async () => {
    const scene = newScene();
    for (const epoch of [1, 2, 3]) {
      await scene.run('start');
      expect(await scene.finish()).toBe('retired');
      expect((await scene.run('undo').catch((error) => error)).code).toBe('conflict');
      expect(await scene.current()).toBe(`made ${epoch}`);
    }
    expect(await scene.problems()).toEqual([]);
  });

  test('begins once: what is under way is resumed or taken back', async () => {
    const scene = newScene();
    await expect(scene.run('resume')).rejects.toMatchObject({ code: 'conflict' });
    await scene.run('start');
    await expect(scene.run('start')).rejects.toMatchObject({ code: 'conflict' });
    expect((await scene.run('due')).state).toBe('promoted');
  });

  for (const isAfter of [false, true]) {
    test(`ends well wherever a process ends in it, ${isAfter ? 'after' : 'before'} what it did last`, async () => {
      for (let at = 1, isOver = true; isOver; at += 1) {
        const scene = newScene();
        isOver = await scene.runUntil('start', at, isAfter);
        expect(await scene.finish(), `call ${at}`).toBe('retired');
        expect(await scene.problems()).toEqual([]);
      }
    });

    test(`retires and goes back wherever a process ends in that, ${isAfter ? 'after' : 'before'} a call`, async () => {
      for (const intent of ['resume', 'undo'] as const) {
        for (let at = 1, isOver = true; isOver; at += 1) {
          const scene = newScene();
          await scene.run('start');
          await scene.settle();
          if (intent === 'resume') await scene.clock.advance(graceMs);
          isOver = await scene.runUntil(intent, at, isAfter);
          expect(await scene.finish(intent), `${intent}, call ${at}`).toBe(
            intent === 'undo' ? 'rolled_back' : 'retired',
          );
          expect(await scene.problems()).toEqual([]);
        }
      }
    });

    test(`is taken back wherever a process ended in it, ${isAfter ? 'after' : 'before'} a call`, async () => {
      for (let at = 1, isOver = true; isOver; at += 1) {
        const scene = newScene();
        isOver = await scene.runUntil('start', at, isAfter);
        const undone = await scene.finish('undo').catch((error: unknown) => error);
        if (undone instanceof KeywardError) expect(undone.code, `call ${at}`).toBe('conflict');
        else expect(await scene.current(), `call ${at}`).toBe('first');
        await scene.finish();
        expect(scene.outages).toEqual([]);
      }
    });
  }

  test('in any order of calls, ends and waits, a value that works is there, and it comes to an end', async () => {
    const event = fc.oneof(
      fc.record({
        intent: fc.constantFrom<RotationIntent>('start', 'resume', 'undo', 'due'),
        at: fc.integer({ min: 1, max: 60 }),
        isAfter: fc.boolean(),
      }),
      fc.record({ waitMs: fc.constantFrom(1000, graceMs / 2, graceMs) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        const scene = newScene();
        for (const one of events) {
          if ('waitMs' in one) await scene.clock.advance(one.waitMs);
          else await scene.runUntil(one.intent, one.at, one.isAfter);
          await scene.settle();
        }
        await scene.finish();
        expect(await scene.problems()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
