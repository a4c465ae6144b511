import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { fromUtf8, utf8 } from '../../crypto/encoding.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { payloadRow, recordRow, secretRow } from '../../testing/row-addresses.js';
import { change, SealedStoreKit } from '../../testing/sealed-store-kit.js';
import { type Barrier, OutcomeUnknown, type RowView } from './barrier.js';
import { kindOfKey } from './row-keys.js';

const counter = recordRow('counter');

async function start() {
  const clock = new FakeClock();
  const kit = await SealedStoreKit.create(clock);
  return { clock, kit, barrier: await kit.open() };
}

async function numberIn(view: RowView, address = counter): Promise<number> {
  const bytes = await view.get(address);
  return bytes === undefined ? 0 : Number(fromUtf8(bytes));
}

function increment(barrier: Barrier, address = counter): Promise<number> {
  return barrier.transact(
    async (view) => {
      const result = (await numberIn(view, address)) + 1;
      return { changes: { put: [{ address, plaintext: utf8(String(result)) }], remove: [] }, result };
    },
    [address],
  );
}

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Array.from({ length: count }, (_, i) => make(i));

/** Lets the clock run until the promise is settled. */
async function whileTimePasses<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const done = promise.finally(() => {
    isSettled = true;
  });
  done.catch(() => {});
  while (!isSettled) {
    await clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

describe('transactions that wait together', () => {
  test('go into few commits, and none is lost', async () => {
    const { kit, barrier } = await start();
    const results = await Promise.all(times(300, () => increment(barrier)));
    expect(new Set(results).size).toBe(300);
    expect(await numberIn(barrier)).toBe(300);
    expect(kit.physical.commits).toBeLessThanOrEqual(5);
  });

  test('are split where one commit would hold too many rows', async () => {
    const { kit, barrier } = await start();
    await Promise.all(times(250, (index) => increment(barrier, recordRow(`counter/${index}`))));
    expect(await barrier.verifyAll()).toEqual({ rows: 250 });
    expect(kit.physical.commits).toBeLessThan(20);
  });

  test('share one commit where the store takes as much', async () => {
    const kit = await SealedStoreKit.create(new FakeClock(), { rows: 1000, bytes: 4 * 1024 * 1024 });
    const barrier = await kit.open();
    await Promise.all(times(64, (index) => increment(barrier, recordRow(`counter/${index}`))));
    expect(kit.physical.commits).toBe(1);
    expect(await barrier.verifyAll()).toEqual({ rows: 64 });
  });

  test('read together what they are going to read', async () => {
    const { kit, barrier } = await start();
    await Promise.all(times(20, (index) => increment(barrier, recordRow(`counter/${index}`))));
    kit.physical.reads = 0;
    await Promise.all(times(20, (index) => increment(barrier, recordRow(`counter/${index}`))));
    expect(kit.physical.reads).toBe(1);
    expect(await numberIn(barrier, recordRow('counter/7'))).toBe(2);
  });

  test('do not suffer from a row of one of them that is not as it was written', async () => {
    const { kit, barrier } = await start();
    await increment(barrier, recordRow('counter/1'));
    const damaged = kit.rows().find(({ key }) => kindOfKey(key) === 'record');
    if (damaged === undefined) throw new Error('no row');
    kit.putRows([kit.forged(damaged.key, damaged.value.toReversed())]);
    const outcomes = await Promise.allSettled(times(3, (index) => increment(barrier, recordRow(`counter/${index}`))));
    expect(outcomes).toMatchObject([
      { value: 1 },
      { reason: expect.objectContaining({ code: 'integrity' }) },
      { value: 1 },
    ]);
  });

  test('do not suffer from a row that one of them replaces unseen and that is not as it was written', async () => {
    const { kit, barrier } = await start();
    await increment(barrier, recordRow('counter/1'));
    const damaged = kit.rows().find(({ key }) => kindOfKey(key) === 'record');
    if (damaged === undefined) throw new Error('no row');
    kit.putRows([kit.forged(damaged.key, damaged.value.toReversed())]);
    const put = (index: number) => ({ address: recordRow(`counter/${index}`), plaintext: utf8('7') });
    const outcomes = await Promise.allSettled(times(4, (index) => change(barrier, [put(index)])));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'integrity' } });
    expect(await numberIn(barrier, recordRow('counter/3'))).toBe(7);
    const commits = kit.physical.commits;
    await Promise.all(times(3, (index) => increment(barrier, recordRow(`later/${index}`))));
    expect(kit.physical.commits).toBe(commits + 1);
  });

  test('are no larger one by one than every store takes, whatever this one does', async () => {
    const kit = await SealedStoreKit.create(new FakeClock(), { rows: 1000, bytes: 4 * 1024 * 1024 });
    const barrier = await kit.open();
    const many = Array.from({ length: 99 }, (_, index) => ({ address: recordRow(`r/${index}`), plaintext: utf8('x') }));
    const outcomes = await Promise.allSettled([increment(barrier), change(barrier, many), increment(barrier)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await barrier.verifyAll()).toEqual({ rows: 1 });
  });

  test('are committed by ever fewer while others keep coming between', async () => {
    const { clock, kit, barrier } = await start();
    kit.physical.onCommit = async (_, proceed) => (kit.physical.commits < 4 ? { kind: 'conflict' } : proceed());
    await whileTimePasses(clock, Promise.all(times(100, () => increment(barrier))));
    expect(await numberIn(barrier)).toBe(100);
    expect(kit.physical.commits).toBe(5);
  });

  test('are split where one commit would hold too many bytes', async () => {
    const { barrier } = await start();
    const plaintext = new Uint8Array(300 * 1024);
    await Promise.all(
      times(8, (index) => change(barrier, [{ address: payloadRow(`a/${index}`), plaintext, dataKey: key }])),
    );
    expect(await barrier.verifyAll()).toEqual({ rows: 8 });
  });

  test('see the changes of those before them', async () => {
    const { barrier } = await start();
    const address = secretRow('a');
    const seen = await Promise.all([
      change(barrier, [{ address, plaintext: utf8('first') }]),
      barrier.transact(async (view) => ({
        changes: { put: [], remove: [address] },
        result: await view.get(address),
      })),
      barrier.transact(async (view) => ({ changes: { put: [], remove: [] }, result: await view.get(address) })),
    ]);
    expect(seen).toEqual([undefined, utf8('first'), undefined]);
  });

  test('fail alone when they throw, and leave nothing behind', async () => {
    const { barrier } = await start();
    const failing = barrier.transact(async (view) => {
      await numberIn(view);
      throw new KeywardError('conflict', 'not like this');
    });
    const outcomes = await Promise.allSettled([increment(barrier), failing, increment(barrier)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(failing).rejects.toMatchObject({ message: 'not like this' });
    expect(await numberIn(barrier)).toBe(2);
  });

  test('can be begun from the very turn in which the queue ran empty', async () => {
    const { barrier } = await start();
    for (let expected = 1; expected <= 50; expected++) {
      await Promise.all(times(3, () => increment(barrier)));
      await Promise.resolve();
      expect(await numberIn(barrier)).toBe(expected * 3);
    }
  });
});

const key = new Uint8Array(32).fill(7);

describe('one transaction', () => {
  test('that touches too much for one commit is refused as too large', async () => {
    const { barrier } = await start();
    const many = Array.from({ length: 99 }, (_, index) => ({ address: recordRow(`r/${index}`), plaintext: utf8('x') }));
    await expect(change(barrier, many)).rejects.toMatchObject({ code: 'too_large' });
    const wide = [1, 2].map((index) => ({
      address: payloadRow(`a/${index}`),
      plaintext: new Uint8Array(600 * 1024),
      dataKey: key,
    }));
    await expect(change(barrier, wide)).rejects.toMatchObject({ code: 'too_large' });
    expect(await barrier.verifyAll()).toEqual({ rows: 0 });
  });

  test('cannot change one row twice', async () => {
    const { barrier } = await start();
    const address = secretRow('a');
    const put = { address, plaintext: utf8('x') };
    await expect(change(barrier, [put, put])).rejects.toMatchObject({ code: 'internal' });
    await expect(change(barrier, [put], [address])).rejects.toMatchObject({ code: 'internal' });
  });

  test('that changes nothing needs no commit', async () => {
    const { kit, barrier } = await start();
    expect(
      await barrier.transact(async (view) => ({ changes: { put: [], remove: [] }, result: await numberIn(view) })),
    ).toBe(0);
    expect(kit.physical.commits).toBe(0);
  });

  test('may remove what is not there', async () => {
    const { barrier } = await start();
    await change(barrier, [], [secretRow('never/written')]);
    expect(await barrier.verifyAll()).toEqual({ rows: 0 });
  });

  test('is built again when the store goes on between two of its reads, even if it hides that', async () => {
    const { kit, barrier } = await start();
    const other = await kit.open();
    const [a, b] = [recordRow('a'), recordRow('b')];
    let builds = 0;
    const result = await barrier.transact(async (view) => {
      builds += 1;
      const first = await numberIn(view, a);
      if (builds === 1) {
        await change(
          other,
          [a, b].map((address) => ({ address, plaintext: utf8('1') })),
        );
      }
      const second = await numberIn(view, b).catch(() => -1);
      const sum = { address: recordRow('sum'), plaintext: utf8(String(first + second)) };
      return { changes: { put: [sum], remove: [] }, result: [first, second] };
    });
    expect(result).toEqual([1, 1]);
    expect(builds).toBe(2);
    expect(await numberIn(other, recordRow('sum'))).toBe(2);
  });

  test('opens a payload that was written before it in the same commit with its own key and version only', async () => {
    const { barrier } = await start();
    const address = payloadRow('a', 2);
    const read = (asVersion: number, dataKey: Uint8Array) =>
      barrier.transact(async (view) => ({
        changes: { put: [], remove: [] },
        result: await view.get({ ...address, version: asVersion }, dataKey),
      }));
    const outcomes = await Promise.allSettled([
      change(barrier, [{ address, plaintext: utf8('x'), dataKey: key }]),
      read(2, key),
      read(2, new Uint8Array(32)),
      read(1, key),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled', value: utf8('x') },
      { status: 'rejected', reason: { code: 'integrity' } },
      { status: 'rejected', reason: { code: 'integrity' } },
    ]);
  });
});

describe('two processes on one store', () => {
  test('lose no transaction to each other', async () => {
    const { clock, kit, barrier } = await start();
    const other = await kit.open();
    const all = Promise.all(times(200, (index) => increment(index % 2 === 0 ? barrier : other)));
    const results = await whileTimePasses(clock, all);
    expect(new Set(results).size).toBe(200);
    for (const each of [barrier, other]) expect(await numberIn(each)).toBe(200);
  });

  test('see what the other one committed at their next read', async () => {
    const { kit, barrier } = await start();
    const other = await kit.open();
    for (let expected = 1; expected <= 20; expected++) {
      await increment(expected % 2 === 0 ? barrier : other);
      expect(await numberIn(barrier)).toBe(expected);
      expect(await numberIn(other)).toBe(expected);
    }
  });
});

describe('a commit that does not go through', () => {
  test('is given up with a conflict after two seconds of conflicts, and not before', async () => {
    const { clock, kit, barrier } = await start();
    kit.physical.onCommit = async () => ({ kind: 'conflict' });
    const began = clock.monotonic();
    await expect(whileTimePasses(clock, increment(barrier))).rejects.toMatchObject({ code: 'conflict' });
    const took = clock.monotonic() - began;
    expect(took).toBeGreaterThanOrEqual(2_000);
    expect(took).toBeLessThan(4_000);
    kit.physical.onCommit = undefined;
    expect(await increment(barrier)).toBe(1);
  });

  test.each([true, false])(
    'and whose outcome is unknown says so, and goes on from the truth (happened: %s)',
    async (happened) => {
      const { kit, barrier } = await start();
      await increment(barrier);
      kit.physical.onCommit = async (_, proceed) => {
        kit.physical.onCommit = undefined;
        if (happened) await proceed();
        return { kind: 'unknown', cause: new Error('connection lost') };
      };
      const outcomes = await Promise.allSettled([increment(barrier), increment(barrier)]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(OutcomeUnknown) });
      }
      expect(await numberIn(barrier)).toBe(happened ? 3 : 1);
      expect(await increment(barrier)).toBe(happened ? 4 : 2);
      expect(await (await kit.open()).verifyAll()).toEqual({ rows: 1 });
    },
  );

  test('and happens late is taken up when it does', async () => {
    const { kit, barrier } = await start();
    let happen = async () => {};
    kit.physical.onCommit = async (_, proceed) => {
      kit.physical.onCommit = undefined;
      happen = async () => void (await proceed());
      return { kind: 'unknown', cause: new Error('connection lost') };
    };
    await expect(increment(barrier)).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(await numberIn(barrier)).toBe(0);
    await happen();
    expect(await numberIn(barrier)).toBe(1);
  });

  test('does not decide what those see that changed nothing in it', async () => {
    const { kit, barrier } = await start();
    kit.physical.onCommit = async () => {
      kit.physical.onCommit = undefined;
      return { kind: 'unknown', cause: new Error('connection lost') };
    };
    const reading = barrier.transact(async (view) => ({
      changes: { put: [], remove: [] },
      result: await numberIn(view),
    }));
    const [first, second] = await Promise.allSettled([increment(barrier), reading]);
    expect(first).toMatchObject({ status: 'rejected' });
    expect(second).toEqual({ status: 'fulfilled', value: 0 });
  });

  test('and fails in the medium rejects with that error and changes nothing', async () => {
    const { kit, barrier } = await start();
    kit.physical.onCommit = async () => {
      throw new KeywardError('unavailable', 'the disk is full');
    };
    await expect(increment(barrier)).rejects.toMatchObject({ code: 'unavailable', message: 'the disk is full' });
    kit.physical.onCommit = async () => {
      throw new Error('something else');
    };
    await expect(increment(barrier)).rejects.toBeInstanceOf(OutcomeUnknown);
    kit.physical.onCommit = undefined;
    expect(await increment(barrier)).toBe(1);
  });

  test('resolves only when the physical store says that it is durable', async () => {
    const { kit, barrier } = await start();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    kit.physical.onCommit = async (_, proceed) => {
      const outcome = await proceed();
      await held;
      return outcome;
    };
    let isDone = false;
    const incrementing = increment(barrier).then(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    expect(await numberIn(barrier)).toBe(1);
    release();
    await incrementing;
    expect(await increment(barrier)).toBe(2);
  });
});
