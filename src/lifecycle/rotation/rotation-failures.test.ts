import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import { credentialOf, SimulatedTarget } from '../../testing/simulated-target.js';
import { currentHolder, leaseMs, readJournal } from './journal.js';
import type { Rotator } from './rotators/rotator.js';

const fail = (code: 'timeout' | 'unauthenticated' | 'invalid' | 'unavailable') =>
  Promise.reject(new KeywardError(code, 'the target did not answer'));
const altered = (scene: Scene, change: (rotator: Rotator) => Partial<Rotator>): Rotator => {
  const { rotator } = scene.target;
  return { ...rotator, ...change(rotator) };
};

const never = { days: 7, schedule: undefined, by: undefined, last: undefined, next: undefined, pending: undefined };

describe('what can fail at the target', () => {
  test.each(['overlap', 'swap'] as const)(
    'a lost answer: the new value is tried before it is set again (%s)',
    async (kind) => {
      const scene = new Scene(kind);
      const calls: string[] = [];
      const lost = altered(scene, ({ set }) => ({
        set: async (change) => {
          calls.push('set');
          await set(change);
          await fail('timeout');
        },
      }));
      await expect(scene.run('start', {}, lost)).rejects.toMatchObject({ code: 'timeout' });
      expect((await scene.run('resume', {}, lost)).state).toBe('promoted');
      expect(calls).toEqual(['set']);
      await scene.finish();
      expect(await scene.problems()).toEqual([]);
    },
  );

  test.each(['overlap', 'swap'] as const)('a new value that does not work is taken back at once (%s)', async (kind) => {
    const scene = new Scene(kind);
    const picky = altered(scene, ({ test: works }) => ({
      test: (credential) =>
        credential.get('value')?.equals('made 1') === true ? fail('unauthenticated') : works(credential),
    }));
    await expect(scene.run('start', {}, picky)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await scene.current()).toBe('first');
    expect(await scene.problems()).toEqual([]);
    expect(await readJournal(scene.records, 'rotation/1')).toMatchObject({
      state: 'rolled_back',
      failure: { step: 'test', code: 'unauthenticated' },
    });
    await scene.run('start');
    expect(await scene.finish()).toBe('retired');
    expect(await scene.current()).toBe('made 2');
  });

  test('a new value whose sender does not take it is taken back from those who would have accepted it', async () => {
    const scene = new Scene('verifier');
    await scene.run('start');
    await scene.settle();
    await scene.clock.advance(Scene.graceMs);
    const deaf = altered(scene, () => ({ set: () => fail('invalid') }));
    await expect(scene.run('resume', {}, deaf)).rejects.toMatchObject({ code: 'invalid' });
    expect(await scene.current()).toBe('first');
    expect(await scene.finish()).toBe('rolled_back');
    expect(await scene.problems()).toEqual([]);
  });

  test('a refused form: another value is made, three in all', async () => {
    for (const refusals of [2, 3]) {
      const scene = new Scene('swap');
      let left = refusals;
      const picky = altered(scene, ({ set }) => ({
        set: (change) => {
          left -= 1;
          return left >= 0 ? fail('invalid') : set(change);
        },
      }));
      const answer = scene.run('start', {}, picky);
      if (refusals < 3) expect((await answer).state).toBe('promoted');
      else await expect(answer).rejects.toMatchObject({ code: 'invalid' });
      expect(await scene.current()).toBe(refusals < 3 ? 'made 3' : 'first');
      await scene.settle();
      if (refusals < 3) await scene.finish();
      expect(await scene.problems()).toEqual([]);
    }
  });

  test('a failed revocation: both go on working until it is repeated, and it is not repeated at once', async () => {
    const scene = new Scene('overlap');
    await scene.run('start');
    await scene.settle();
    await scene.clock.advance(Scene.graceMs);
    const stuck = altered(scene, () => ({ revoke: () => fail('unavailable') }));
    for (const minutes of [1, 2, 4]) {
      await expect(scene.run('resume', {}, stuck)).rejects.toMatchObject({ code: 'unavailable' });
      const { failure } = (await readJournal(scene.records, 'rotation/1')) ?? {};
      expect(failure).toEqual({ step: 'retire', code: 'unavailable', retryAt: scene.clock.now() + minutes * 60_000 });
    }
    expect(await scene.finish()).toBe('retired');
    expect(await scene.problems()).toEqual([]);
  });

  test('the old value is not revoked while the new one does not work', async () => {
    const scene = new Scene('overlap');
    await scene.run('start');
    await scene.settle();
    scene.target.accepted.delete('made 1');
    await scene.clock.advance(Scene.graceMs);
    await expect(scene.run('resume')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect([...scene.target.accepted]).toEqual(['first']);
    await scene.finish('undo');
    expect(await scene.current()).toBe('first');
  });
});

describe('what can fail at the store', () => {
  test('a write that fails after the target has changed is made up for', async () => {
    const scene = new Scene('swap');
    const provider = {
      ...scene.provider,
      write: (...args: Parameters<typeof scene.provider.write>) =>
        args[1].payload === undefined ? scene.provider.write(...args) : fail('unavailable'),
    };
    await expect(scene.run('start', { provider })).rejects.toMatchObject({ code: 'unavailable' });
    expect([...scene.target.accepted]).toEqual(['made 1']);
    expect((await scene.run('due')).state).toBe('promoted');
    await scene.finish();
    expect(await scene.problems()).toEqual([]);
  });

  test('a value that does not work at the target, as after a backup was put back, is not built upon', async () => {
    const scene = new Scene('overlap');
    scene.provider.set('app/token', 'of an older backup');
    await expect(scene.run('start')).rejects.toMatchObject({ code: 'conflict' });
    expect([...scene.target.accepted]).toEqual(['first']);
    expect(await scene.notes()).toEqual({});
  });

  test('a journal of an older backup neither overwrites nor revokes what came after it', async () => {
    const scene = new Scene('overlap');
    const timed = altered(scene, () => ({ set: () => fail('timeout') }));
    await expect(scene.run('start', {}, timed)).rejects.toMatchObject({ code: 'timeout' });
    const older = new Map<string, Uint8Array>();
    for (const name of await scene.records.list('')) {
      older.set(name, (await scene.records.get(name))?.bytes ?? new Uint8Array());
    }
    await scene.finish();
    await scene.run('start');
    await scene.finish();
    for (const [name, bytes] of older) {
      await scene.records.put(name, bytes, { ifRevision: (await scene.records.get(name))?.revision ?? 0 });
    }
    await expect(scene.run('resume')).rejects.toMatchObject({ code: 'conflict' });
    expect([...scene.target.accepted]).toEqual([await scene.current()]);
  });
});

describe('who else may act', () => {
  test('a change by hand in the middle is not overwritten, and can be kept', async () => {
    for (const kind of ['overlap', 'swap'] as const) {
      const scene = new Scene(kind);
      const raced = altered(scene, ({ test: works }) => ({
        test: async (credential) => {
          await works(credential);
          if (credential.get('value')?.equals('made 1') !== true) return;
          scene.provider.set('app/token', 'by hand');
          scene.target.accepted.add('by hand');
        },
      }));
      await expect(scene.run('start', {}, raced)).rejects.toMatchObject({ code: 'conflict' });
      expect(await scene.current()).toBe('by hand');
      expect(await scene.finish('undo')).toBe('rolled_back');
      expect(await scene.current()).toBe('by hand');
      expect(scene.target.accepted.has('by hand')).toBe(true);
      expect(scene.target.accepted.has('made 1')).toBe(kind === 'swap');
    }
  });

  test('a change by hand of what a swap needs works at the target after it was taken back', async () => {
    const scene = new Scene('swap');
    const raced = altered(scene, ({ test: works }) => ({
      test: async (credential) => {
        await works(credential);
        if (credential.get('value')?.equals('made 1') === true) scene.provider.set('app/token', 'by hand');
      },
    }));
    await expect(scene.run('start', {}, raced)).rejects.toMatchObject({ code: 'conflict' });
    await scene.finish('undo');
    expect(await scene.problems()).toEqual([]);
    expect(await scene.current()).toBe('by hand');
  });

  test('a version that was put back by hand during the grace is not revoked', async () => {
    const scene = new Scene('overlap');
    await scene.run('start');
    scene.provider.set('app/token', 'first');
    await scene.clock.advance(Scene.graceMs);
    await expect(scene.run('resume')).rejects.toMatchObject({ code: 'conflict' });
    expect(await scene.finish('undo')).toBe('rolled_back');
    expect(await scene.problems()).toEqual([]);
  });

  test('of two processes one proceeds', async () => {
    const scene = new Scene('overlap');
    const answers = await Promise.allSettled([scene.run('start'), scene.run('start'), scene.run('start')]);
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
    expect(failures).toEqual(['conflict', 'conflict']);
    await scene.settle();
    expect(await scene.finish()).toBe('retired');
    expect(await scene.problems()).toEqual([]);
  });

  test('a process that sleeps over its lease writes nothing after it', async () => {
    const scene = new Scene('overlap');
    const sleepy = altered(scene, ({ set }) => ({
      set: async (change) => {
        await scene.clock.advance(leaseMs);
        expect((await scene.run('resume', { holder: { ...currentHolder(), startedAt: 'another' } })).state).toBe(
          'promoted',
        );
        await set(change);
      },
    }));
    await expect(scene.run('start', {}, sleepy)).rejects.toMatchObject({ code: 'conflict' });
    await scene.settle();
    await scene.finish();
    expect(await scene.problems()).toEqual([]);
  });

  test('while a process works, no other one does, unless its lease is of a clock that was wrong', async () => {
    const scene = new Scene('overlap');
    const seen: string[] = [];
    const another = () =>
      scene.run('due').then(
        ({ state }) => seen.push(state),
        ({ code }) => seen.push(code),
      );
    const slow = altered(scene, () => ({
      generate: async () => {
        await another();
        scene.clock.jump(-24 * 3_600_000);
        await another();
        return credentialOf('late');
      },
    }));
    await expect(scene.run('start', {}, slow)).rejects.toMatchObject({ code: 'conflict' });
    expect(seen).toEqual(['conflict', 'promoted']);
    expect(scene.target.accepted.has('late')).toBe(false);
  });

  test('another Keyward, with a store of its own, keeps out while one rotates', async () => {
    const [scene, other] = [new Scene('overlap'), new Scene('overlap')];
    await scene.run('start');
    const theirs = { records: other.records, owner: 'other' };
    await expect(scene.run('start', theirs)).rejects.toMatchObject({ code: 'conflict' });
    expect(await scene.notes()).toMatchObject({ rotated_by: 'this/1' });
    await scene.settle();
    await scene.finish();
    expect((await scene.run('start', theirs)).state).toBe('promoted');
  });

  test('two Keywards that begin at the same instant do not both go on', async () => {
    const [scene, other] = [new Scene('overlap'), new Scene('overlap')];
    const answers = await Promise.allSettled([
      scene.run('start'),
      scene.run('start', { records: other.records, owner: 'other' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('a secret that its store rotates by itself is left to it', async () => {
    const scene = new Scene('overlap');
    const status = async () => ({ ...never, isEnabled: true });
    const provider = { ...scene.provider, rotation: { status, start: async () => undefined } };
    await expect(scene.run('start', { provider })).rejects.toMatchObject({ code: 'conflict' });
    expect(await scene.current()).toBe('first');
    const off = {
      ...provider,
      rotation: { ...provider.rotation, status: async () => ({ ...never, isEnabled: false }) },
    };
    expect((await scene.run('start', { provider: off })).state).toBe('promoted');
  });

  test('a store of Keyward that forgot a rotation says so', async () => {
    const scene = new Scene('overlap');
    const [current] = await Promise.all([scene.provider.describe(Scene.path)]);
    await scene.provider.write(Scene.path, { metadata: { ...current?.metadata, rotated_by: 'this/7' } });
    await expect(scene.run('start')).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('the clock', () => {
  test('that goes back makes the grace longer, and never by more than once again', async () => {
    const scene = new Scene('overlap');
    await scene.run('start');
    await scene.settle();
    scene.clock.jump(-365 * 86_400_000);
    expect((await scene.run('due')).state).toBe('promoted');
    await scene.clock.advance(Scene.graceMs - 1);
    expect((await scene.run('due')).state).toBe('promoted');
    await scene.clock.advance(1);
    expect((await scene.run('resume')).state).toBe('retired');
  });
});

test('nothing but names and times is written into the journal', async () => {
  const scene = new Scene('overlap');
  await scene.run('start');
  const journal = new TextDecoder().decode((await scene.records.get('rotation/1'))?.bytes);
  expect(journal).not.toMatch(/first|made/);
});

test('a secret that does not exist yet is made, where nothing has to accept it', async () => {
  const scene = new Scene('overlap');
  await scene.provider.remove({ path: Scene.path }, { mode: 'purge' });
  const { rotator } = new SimulatedTarget('overlap');
  const made = { ...rotator, hasTarget: false, test: async () => undefined };
  expect((await scene.run('start', {}, made)).state).toBe('promoted');
  expect(await scene.current()).toBe('made 1');
  await expect(scene.run('undo', {}, made)).rejects.toMatchObject({ code: 'conflict' });
  await scene.clock.advance(Scene.graceMs);
  expect((await scene.run('due', {}, made)).state).toBe('retired');
});
