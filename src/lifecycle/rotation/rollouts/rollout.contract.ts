import assert from 'node:assert/strict';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../../../core/contract.js';
import { parsePath } from '../../../core/path.js';
import { textPayload } from '../../../core/payload.js';
import type { Rollout, RolloutChange } from './rollout.js';

export interface RolloutSubject {
  readonly rollouts: readonly Rollout[];
  /** What each consumer works with. */
  readonly held: () => Promise<readonly string[]>;
  /** Makes the value current in the store, for consumers who ask there when they are told. */
  readonly store: (text: string) => Promise<void>;
  /** Lets happen what takes its time: consumers start. */
  readonly settle: () => Promise<void>;
}

export type MakeRollout = () => Promise<{
  readonly subject: RolloutSubject;
  readonly dispose?: () => Promise<void>;
}>;

/** What every roll-out must hold to, on the real thing where there is one. */
export function rolloutContract(
  runner: TestRunner,
  title: string,
  make: MakeRollout,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `${title}, as a roll-out`, cases, make, deviations);
}

const changeTo = (text: string, id: string): RolloutChange => ({
  id: id.repeat(16),
  path: parsePath('app/password'),
  payload: textPayload(text),
});

async function bring(subject: RolloutSubject, change: RolloutChange, text: string): Promise<void> {
  await subject.store(text);
  for (const rollout of subject.rollouts) await rollout.apply(change);
  await subject.settle();
  for (const rollout of subject.rollouts) assert.equal(await rollout.pending(change), undefined);
  for (const held of await subject.held()) assert.equal(held, text);
}

const cases: ContractCases<RolloutSubject> = {
  async 'has names that tell its parts from each other and hold no value'({ rollouts }) {
    const names = rollouts.map(({ name }) => name);
    assert.ok(names.length > 0);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => name !== '' && !name.includes('\n')));
  },

  async 'brings the value to every consumer, and says when all of them have it'(subject) {
    assert.ok((await subject.held()).length > 0);
    await bring(subject, changeTo('CANARY second', 'a'), 'CANARY second');
  },

  async 'brings it once more after a crash, at any point, and changes nothing'(subject) {
    const change = changeTo('CANARY second', 'a');
    await subject.store('CANARY second');
    for (const rollout of subject.rollouts) {
      await rollout.apply(change);
      await rollout.apply(change);
    }
    await bring(subject, change, 'CANARY second');
    await bring(subject, change, 'CANARY second');
  },

  async 'goes back the same way with the former value, and forward again'(subject) {
    await bring(subject, changeTo('CANARY second', 'a'), 'CANARY second');
    await bring(subject, changeTo('first', 'b'), 'first');
    await bring(subject, changeTo('CANARY third', 'c'), 'CANARY third');
  },

  async 'turns round before it has got there'(subject) {
    await subject.store('CANARY second');
    for (const rollout of subject.rollouts) await rollout.apply(changeTo('CANARY second', 'a'));
    await bring(subject, changeTo('first', 'b'), 'first');
  },
};
