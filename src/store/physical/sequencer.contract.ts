import assert from 'node:assert/strict';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../../core/contract.js';
import { isKeywardError } from '../../core/errors.js';
import type { Sequencer, Step } from './sequencer.js';

/** A sequencer without a state, and what the contract needs around it. */
export interface SequencerSubject {
  readonly sequencer: Sequencer;
  /** Takes the turn as another process would that does not move. Resolves when it is taken; returns how to let go. */
  hold(): Promise<() => Promise<void>>;
  /** Lets time pass on the clock that the sequencer was given. */
  elapse(ms: number): Promise<void>;
}

export type MakeSequencer = () => Promise<{
  readonly subject: SequencerSubject;
  readonly dispose?: () => Promise<void>;
}>;

/** Every driver of the sequencer passes these, against the real thing. */
export function sequencerContract(
  runner: TestRunner,
  driver: string,
  make: MakeSequencer,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `sequencer: ${driver}`, cases, make, deviations);
}

const cases: ContractCases<SequencerSubject> = {
  'hands the first step no state': async ({ sequencer }) => {
    assert.equal(await sequencer.exclusive((state) => ({ state: undefined, result: state })), undefined);
  },

  'hands each step the state that the one before left': async ({ sequencer }) => {
    const seen: (number[] | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) {
      await sequencer.exclusive((state) => {
        seen.push(state && [...state]);
        return { state: Uint8Array.of(i, 0, 255), result: undefined };
      });
    }
    assert.deepEqual(seen, [undefined, ...[0, 1, 2, 3].map((i) => [i, 0, 255])]);
  },

  'keeps the state when a step leaves none': async ({ sequencer }) => {
    await sequencer.exclusive(() => ({ state: Uint8Array.of(7), result: undefined }));
    await sequencer.exclusive(() => ({ state: undefined, result: undefined }));
    assert.deepEqual(await stateOf(sequencer), [7]);
  },

  'tells an empty state from none': async ({ sequencer }) => {
    await sequencer.exclusive(() => ({ state: new Uint8Array(), result: undefined }));
    assert.deepEqual(await stateOf(sequencer), []);
  },

  'keeps a state of many kilobytes': async ({ sequencer }) => {
    const large = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    await sequencer.exclusive(() => ({ state: large, result: undefined }));
    assert.deepEqual(await stateOf(sequencer), [...large]);
  },

  'answers what the step answers': async ({ sequencer }) => {
    const result = { some: 'answer' };
    assert.equal(await sequencer.exclusive(() => ({ state: undefined, result })), result);
  },

  'keeps the state and passes the error on when a step throws': async ({ sequencer }) => {
    const failure = new Error('of the step');
    await sequencer.exclusive(() => ({ state: Uint8Array.of(1), result: undefined }));
    const outcomes = await Promise.allSettled([
      sequencer.exclusive(() => {
        throw failure;
      }),
      sequencer.exclusive(increment),
    ]);
    assert.deepEqual(outcomes, [
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: 2 },
    ]);
    assert.deepEqual(await stateOf(sequencer), [2]);
  },

  'runs steps one at a time and in the order in which they came': async ({ sequencer }) => {
    const order: number[] = [];
    const turns = Array.from({ length: 40 }, (_, i) =>
      sequencer.exclusive((state) => {
        order.push(i);
        return increment(state);
      }),
    );
    assert.deepEqual(
      await Promise.all(turns),
      turns.map((_, i) => i + 1),
    );
    assert.deepEqual(
      order,
      turns.map((_, i) => i),
    );
  },

  'does not run a step inside another one': async ({ sequencer }) => {
    const events: string[] = [];
    let inner: Promise<void> | undefined;
    await sequencer.exclusive(() => {
      inner = sequencer.exclusive(() => {
        events.push('inner');
        return { state: undefined, result: undefined };
      });
      events.push('outer');
      return { state: undefined, result: undefined };
    });
    await inner;
    assert.deepEqual(events, ['outer', 'inner']);
  },

  'does not share the bytes of the state': async ({ sequencer }) => {
    const left = Uint8Array.of(1);
    let got: Uint8Array | undefined;
    await sequencer.exclusive(() => ({ state: left, result: undefined }));
    left.fill(9);
    await sequencer.exclusive((state) => {
      got = state;
      return { state: undefined, result: undefined };
    });
    got?.fill(9);
    assert.deepEqual(await stateOf(sequencer), [1]);
  },

  'waits while another process has the turn, however long without a deadline': async ({ sequencer, hold, elapse }) => {
    const letGo = await hold();
    let hasRun = false;
    const turn = sequencer.exclusive(() => {
      hasRun = true;
      return { state: undefined, result: 'done' };
    });
    await elapse(3_600_000);
    assert.equal(hasRun, false);
    await letGo();
    assert.equal(await turn, 'done');
  },

  'gives up at the deadline, and then never runs the step': async ({ sequencer, hold, elapse }) => {
    await sequencer.exclusive(() => ({ state: Uint8Array.of(1), result: undefined }));
    const letGo = await hold();
    const late = assert.rejects(sequencer.exclusive(increment, { deadlineMs: 2_000 }), isTimeout);
    const patient = sequencer.exclusive(increment, { deadlineMs: 9_000 });
    await elapse(2_000);
    await late;
    await letGo();
    assert.equal(await patient, 2);
    assert.deepEqual(await stateOf(sequencer), [2]);
  },

  'does not time out once the step has run': async ({ sequencer, elapse }) => {
    assert.equal(await sequencer.exclusive(increment, { deadlineMs: 1_000 }), 1);
    await elapse(5_000);
    assert.deepEqual(await stateOf(sequencer), [1]);
  },

  'answers unavailable after close, however often closed': async ({ sequencer }) => {
    await sequencer.exclusive(increment);
    await sequencer.close();
    await sequencer.close();
    await assert.rejects(sequencer.exclusive(increment), isUnavailable);
  },

  'ends the wait with unavailable when closed, and then never runs the step': async (subject) => {
    const { sequencer, hold, elapse } = subject;
    await sequencer.exclusive(increment);
    const letGo = await hold();
    let hasRun = false;
    const turn = sequencer.exclusive(() => {
      hasRun = true;
      return { state: undefined, result: undefined };
    });
    const refused = assert.rejects(turn, isUnavailable);
    const closing = sequencer.close();
    await elapse(60_000);
    await closing;
    await refused;
    await letGo();
    assert.equal(hasRun, false);
  },

  'closes without ever having been used': async ({ sequencer }) => {
    await sequencer.close();
  },
};

function increment(state: Uint8Array | undefined): Step<number> {
  const next = (state?.[0] ?? 0) + 1;
  return { state: Uint8Array.of(next), result: next };
}

async function stateOf(sequencer: Sequencer): Promise<number[] | undefined> {
  return sequencer.exclusive((state) => ({ state: undefined, result: state && [...state] }));
}

function isTimeout(error: unknown): boolean {
  return isKeywardError(error, 'timeout');
}

function isUnavailable(error: unknown): boolean {
  return isKeywardError(error, 'unavailable');
}
