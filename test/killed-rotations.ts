import { expect, test } from 'vitest';
import type { RotationKind } from '../src/core/rotator-settings.js';
import { isFinished } from '../src/lifecycle/rotation/machine.js';
import type { Credential } from '../src/lifecycle/rotation/rotators/rotator.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './faults/full-run.js';
import { type CommandedSecret, RotatedByCommand, type Standing } from './rotated-by-command.js';
import { credentialOf } from './rotated-login.js';

export interface CommandedRotation extends CommandedSecret {
  readonly works: (login: Credential) => Promise<boolean>;
  /** The values that those consumers have whom roll-outs tell. */
  readonly held?: (() => readonly string[]) | undefined;
}

interface KilledRotations {
  readonly kind: RotationKind;
  /** Whether consumers are told, so that those steps are killed too. */
  readonly isRolledOut?: boolean | undefined;
  readonly make: () => Promise<CommandedRotation>;
}

const longestDelayMs = 60;

/**
 * Kills `keyward rotate` with SIGKILL at each of its steps, at a random instant after it has said that it takes it: on the
 * way to the new value, on the way back, and, the next time, when the former one is taken back.
 */
export function testKilledRotations(evidence: string, { kind, isRolledOut = false, make }: KilledRotations): void {
  const atTarget = ['set', 'test'];
  const isVerifier = kind === 'verifier';
  const forth = ['store', ...(isVerifier ? [] : atTarget), 'promote', ...(isRolledOut ? ['rollout'] : [])];
  const back = ['restore', ...(isRolledOut ? ['rollback'] : [])];
  const end = [...(isVerifier ? [atTarget] : []), ['retire']];

  test(
    `a rotation of ${evidence} that is killed at each of its steps goes on to a value that works, and back to the former one`,
    async () => {
      const claim = expect.getState().currentTestName ?? '';
      const random = new SeededRandom();
      const times = count({ daily: 1, full: 20 });
      const kills = new Map([...forth, ...back, 'discard', ...end.flat()].map((step) => [step, 0]));
      const isLacking = () => times > 1 && [...kills.values()].some((found) => found < times);
      for (let time = 0; time < times || (isLacking() && time < 2 * times); time += 1) {
        const subject = await make();
        const rotated = new RotatedByCommand(subject);
        const first = credentialOf(subject.fields);
        const isFirst = ({ current }: Standing) => isSame(current, first);
        const kill = async (step: string, intent: readonly string[]) => {
          const killed = await rotated.killAt(intent, step, random.below(1 + random.below(longestDelayMs)));
          if (killed !== undefined) kills.set(killed, (kills.get(killed) ?? 0) + 1);
          const standing = await rotated.standing();
          await assertNobodyIsOut(subject, kind, standing, step);
          return standing;
        };
        /** Goes on to where it has to wait, or to the end. */
        const go = async ({ state }: Standing, begin: readonly string[]) => {
          await rotated.finish(isFinished(state) ? begin : ['--resume']);
          const standing = await rotated.standing();
          // Who signs takes up what its verifiers know by then.
          if (!isVerifier || standing.state !== 'promoted') await assertEverybodyHas(subject, standing);
          return standing;
        };

        let standing = await rotated.standing();
        for (const step of forth) standing = await kill(step, isFinished(standing.state) ? [] : ['--due']);
        standing = await go(standing, []);
        expect([standing.state, isFirst(standing)]).toEqual(['promoted', false]);
        if (kind !== 'swap') expect(await subject.works(first)).toBe(true);

        for (const step of back)
          standing = await kill(step, standing.state === 'promoted' ? ['--rollback'] : ['--due']);
        await rotated.finish(['--rollback']);
        rotated.advance();
        standing = await kill('discard', ['--due']);
        if (!isFinished(standing.state)) standing = await go(standing, []);
        expect([standing.state, isFirst(standing)]).toEqual(['rolled_back', true]);

        standing = await go(standing, []);
        for (const steps of end) {
          rotated.advance();
          for (const step of steps) standing = await kill(step, ['--due']);
          if (!isFinished(standing.state)) standing = await go(standing, []);
        }
        expect([standing.state, isFirst(standing)]).toEqual(['retired', false]);
        rotated.home.remove();
        keepEvidence(`killed-${evidence}`, claim, { seed: random.seed, kills: Object.fromEntries(kills) });
      }
    },
    fullRunMs,
  );
}

/** Where both values work, whoever has either can go on; of a swap, one of them works at the target. */
async function assertNobodyIsOut(
  { works, held = () => [] }: CommandedRotation,
  kind: RotationKind,
  { current, values }: Standing,
  step: string,
): Promise<void> {
  const working = await Promise.all([current, ...values].map(works));
  expect(working, step).toContain(true);
  if (kind !== 'overlap') return;
  expect(working[0], step).toBe(true);
  for (const value of held()) expect(await works(credentialOf({ value })), step).toBe(true);
}

async function assertEverybodyHas({ works, held = () => [] }: CommandedRotation, { current }: Standing): Promise<void> {
  expect(await works(current)).toBe(true);
  for (const value of held()) expect(value).toBe(current.get('value')?.expose());
}

function isSame(one: Credential, other: Credential): boolean {
  return [...one].every(([name, secret]) => other.get(name)?.equals(secret) === true);
}
