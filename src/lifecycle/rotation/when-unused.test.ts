import { describe, expect, test } from 'vitest';
import { RotationScene as Scene } from '../../testing/rotation-scene.js';
import type { RotationIntent, WhenUnused } from './rotating.js';
import { rotate } from './rotation.js';

const { graceMs } = Scene;
const longestMs = 10 * graceMs;
const lookAgainMs = 10 * 60_000;

class WatchedScene extends Scene {
  readonly asked: (readonly [former: string | undefined, replacedAt: number])[] = [];
  users: readonly string[] = ['api (local:7)'];

  go(intent: RotationIntent, incident?: string) {
    const whenUnused: WhenUnused = {
      longestMs,
      users: async (...question) => {
        this.asked.push(question);
        return this.users;
      },
    };
    return rotate(this.parts(), { ...this.rotating(), whenUnused, incident }, intent);
  }

  /** As a scheduler does it, until nothing is left. */
  async goUntilRetired(): Promise<number> {
    for (;;) {
      const { state, waitUntil = 0 } = await this.go('due');
      if (state === 'retired') return this.clock.now();
      await this.clock.advance(Math.max(0, waitUntil - this.clock.now()));
    }
  }
}

describe.each(['overlap', 'verifier'] as const)('a %s whose former value is in use', (kind) => {
  test('keeps it at the end of the grace, says for whom, and takes it back when nobody uses it', async () => {
    const scene = new WatchedScene(kind);
    let journal = await scene.go('start');
    expect(scene.asked).toEqual([]);
    for (let waits = 0; journal.waitsFor === undefined && waits < 5; waits += 1) {
      await scene.clock.advance((journal.waitUntil ?? 0) - scene.clock.now());
      journal = await scene.go('resume');
    }
    expect(journal).toMatchObject({ waitsFor: ['api (local:7)'], waitUntil: scene.clock.now() + lookAgainMs });
    expect(scene.target.accepted.has('first')).toBe(true);
    expect(scene.asked).toEqual([['1', journal.lastRotated]]);

    scene.users = [];
    await scene.clock.advance(lookAgainMs);
    expect(await scene.go('resume')).toMatchObject({ state: 'retired', waitsFor: undefined, waitUntil: undefined });
    expect(scene.target.accepted.has('first')).toBe(false);
  });

  test('takes it back at last after the longest time', async () => {
    const scene = new WatchedScene(kind);
    const { lastRotated = 0 } = await scene.go('start');
    expect(await scene.goUntilRetired()).toBe(lastRotated + longestMs);
    expect(scene.target.accepted.has('first')).toBe(false);
  });

  test('does not keep it in an incident', async () => {
    const scene = new WatchedScene(kind);
    await scene.go('start', 'incident-1');
    await scene.goUntilRetired();
    expect(scene.asked).toEqual([]);
  });

  test('lets it be taken back by hand, and nobody is waited for then', async () => {
    const scene = new WatchedScene(kind);
    let journal = await scene.go('start');
    await scene.clock.advance((journal.waitUntil ?? 0) - scene.clock.now());
    journal = await scene.go('resume');
    expect(await scene.go('undo')).toMatchObject({ waitsFor: undefined });
  });

  test('does not wait for ever because of a clock that was far ahead', async () => {
    const scene = new WatchedScene(kind);
    await scene.clock.advance(1000 * longestMs);
    const { lastRotated = 0 } = await scene.go('start');
    scene.clock.jump(-900 * longestMs);
    expect(await scene.goUntilRetired()).toBeLessThan(lastRotated);
  });
});
