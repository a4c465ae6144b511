import assert from 'node:assert/strict';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../../../core/contract.js';
import { isKeywardError } from '../../../core/errors.js';
import type { Credential, Rotator } from './rotator.js';

export interface RotatorSubject {
  readonly rotator: Rotator;
  /** A credential that is in force; `undefined` where nothing beyond the store accepts any. */
  readonly initial: Credential | undefined;
  /** Whether the target itself issues credentials, and accepts them from then on. */
  readonly isIssued?: boolean | undefined;
}

export type MakeRotator = () => Promise<{
  readonly subject: RotatorSubject;
  readonly dispose?: () => Promise<void>;
}>;

/** What every rotator must hold to, on the real target where there is one. */
export function rotatorContract(
  runner: TestRunner,
  title: string,
  make: MakeRotator,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `${title}, as a rotator`, cases, make, deviations);
}

const cases: ContractCases<RotatorSubject> = {
  async 'makes another credential each time, of the same fields'({ rotator, initial }) {
    const [one, other] = [await rotator.generate(initial), await rotator.generate(initial)];
    assert.ok(one.size > 0);
    assert.deepEqual([...one.keys()], [...other.keys()]);
    assert.ok([...one].some(([name, secret]) => other.get(name)?.equals(secret) === false));
    if (initial !== undefined) await rotator.test(initial);
  },

  async 'accepts what was set, once and again, and keeps the former one as its kind says'(subject) {
    const { rotator, initial: from, isIssued = false } = subject;
    const to = await rotator.generate(from);
    await assertWorks(rotator, to, isIssued || !rotator.hasTarget);
    await rotator.set({ from, to });
    await rotator.test(to);
    await rotator.set({ from, to });
    await rotator.test(to);
    if (from !== undefined) await assertWorks(rotator, from, rotator.kind !== 'swap');
  },

  async 'sets the former one again'({ rotator, initial: from }) {
    const to = await rotator.generate(from);
    await rotator.set({ from, to });
    if (from === undefined) return;
    await rotator.set({ from: to, to: from });
    await rotator.test(from);
  },

  async 'revokes one and leaves the other, once and again, also one that was never set'({ rotator, initial: from }) {
    const [to, never] = [await rotator.generate(from), await rotator.generate(from)];
    await rotator.set({ from, to });
    if (from !== undefined && rotator.kind !== 'swap') {
      await rotator.revoke(from, to);
      await rotator.revoke(from, to);
      await assertWorks(rotator, from, false);
    }
    await rotator.revoke(never, to);
    await rotator.test(to);
  },
};

async function assertWorks(rotator: Rotator, credential: Credential, works: boolean): Promise<void> {
  const answer = rotator.test(credential);
  if (works) await answer;
  else await assert.rejects(answer, (error) => isKeywardError(error, 'unauthenticated', 'denied'));
}
