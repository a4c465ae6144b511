import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import type { KeyUse } from '../../core/key-use.js';
import { parsePath } from '../../core/path.js';
import { chainUnderTest } from '../../testing/chain-under-test.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { createKeySet, type KeySetOptions } from './create-key-set.js';

const folder = 'service/api_keys';
const minute = 60_000;
const hour = 60 * minute;
const unknown = { answer: 'unknown' };
const ids = ['alice', 'bob', 'carol'] as const;

async function keySet({
  keys = { alice: {}, bob: {}, carol: {} },
  grace = '1h',
  ...more
}: Partial<KeySetOptions> = {}) {
  const chain = chainUnderTest();
  const secrets = Object.fromEntries(ids.map((id) => [`${folder}/${id}`, `${id}-1`]));
  const memory = createMemoryProvider({ clock: chain.clock, secrets });
  const asked: string[] = [];
  let down: string | undefined;
  const read: typeof memory.read = async (ref, call) => {
    asked.push(ref.path);
    if (ref.path === down) throw new KeywardError('denied', 'no');
    return memory.read(ref, call);
  };
  const links = [{ provider: { ...memory, read, capabilities: new Set(['describe'] as const) } }];
  const uses: KeyUse[] = [];
  const face = Object.assign(chain.secrets({ links, cache: { ttlMs: 5 * minute } }), {
    audit: { keyUse: (use: KeyUse) => void uses.push(use) },
  });
  const set = await createKeySet(face, folder, { keys, grace, clock: chain.clock, ...more });
  const rotate = (id: string, value: string) => memory.set(`${folder}/${id}`, value);
  const deny = (id: string) => {
    down = `${folder}/${id}`;
  };
  return { ...chain, set, rotate, deny, memory, uses, asked };
}

describe.each(['id.value', 'value'] as const)('a set of keys that are presented as %s', (presented) => {
  const as = (id: string, value: string) => (presented === 'value' ? value : `${id}.${value}`);

  test('says whose key it is and which version, and of no other value whose it might be', async () => {
    const { set } = await keySet({ presented });
    for (const id of ids) {
      const accepted = { answer: 'accepted', id, matched: 'current', version: 1 };
      expect(await set.validate(as(id, `${id}-1`))).toEqual(accepted);
      expect(await set.validate(as(id, `${id}-2`))).toEqual(unknown);
    }
    for (const wrong of [
      '',
      '.',
      as('alice', ''),
      as('mallory', 'mallory-1'),
      'alice',
      `${as('alice', 'alice-1')}\0`,
    ]) {
      expect(await set.validate(wrong)).toEqual(unknown);
    }
  });

  test('accepts the former value of each key until its own end of grace, to the millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 48 * hour }),
        fc.integer({ min: 1, max: 9 }),
        async (grace, later) => {
          const { set, rotate, clock } = await keySet({ presented, grace: `${grace}ms` });
          const answers = async (value: 1 | 2) =>
            Promise.all(ids.map(async (id) => (await set.validate(as(id, `${id}-${value}`))).answer));
          await clock.advance(minute);
          rotate('alice', 'alice-2');
          await clock.advance(later);
          rotate('bob', 'bob-2');
          expect(await answers(2)).toEqual(['accepted', 'accepted', 'unknown']);
          await clock.advance(grace - later - 1);
          expect(await answers(1)).toEqual(['accepted', 'accepted', 'accepted']);
          await clock.advance(1);
          expect(await answers(1)).toEqual(['unknown', 'accepted', 'accepted']);
          await clock.advance(later);
          expect(await answers(1)).toEqual(['unknown', 'unknown', 'accepted']);
          expect(await answers(2)).toEqual(['accepted', 'accepted', 'unknown']);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('holds each key to its own limits, and wrong values do not count against them', async () => {
    const keys = { alice: { rate: { requests: 1, per: '1m' } }, bob: { total: 1 }, carol: {} };
    const { set, clock } = await keySet({ presented, keys });
    const answers = async () => Promise.all(ids.map((id) => set.validate(as(id, `${id}-1`))));
    for (const id of ids) await set.validate(as(id, 'wrong'));
    expect((await answers()).map(({ answer }) => answer)).toEqual(['accepted', 'accepted', 'accepted']);
    await clock.advance(1);
    expect(await answers()).toMatchObject([
      { answer: 'throttled', id: 'alice', retryAfterMs: minute - 1, matched: 'current', version: 1 },
      { answer: 'exhausted', id: 'bob' },
      { answer: 'accepted', id: 'carol' },
    ]);
    expect(set.usage().get('alice')).toMatchObject({ accepted: 1, refused: 1, previous: 0 });
  });

  test('goes on without a key that was deleted, and does not accept it', async () => {
    const { set, memory, clock } = await keySet({ presented });
    await memory.remove({ path: parsePath(`${folder}/alice`) }, { mode: 'soft' });
    await clock.advance(10 * minute);
    expect(await set.validate(as('alice', 'alice-1'))).toEqual(unknown);
    expect(await set.validate(as('bob', 'bob-1'))).toMatchObject({ answer: 'accepted', id: 'bob' });
  });

  test('accepts nothing of a key that its store refuses, and goes on with the others', async () => {
    const { set, deny, clock } = await keySet({ presented });
    deny('alice');
    await clock.advance(10 * minute);
    await expect(set.validate(as('alice', 'alice-1'))).rejects.toMatchObject({ code: 'denied' });
    expect(await set.validate(as('bob', 'bob-1'))).toMatchObject({ answer: 'accepted', id: 'bob' });
  });

  test('tells of which key, version and answer, and of the folder alone when it is unknown', async () => {
    const { set, uses } = await keySet({ presented, keys: { alice: { total: 1 }, bob: {} } });
    for (const value of ['alice-1', 'alice-1', 'secret-of-mallory']) await set.validate(as('alice', value));
    const alice = { path: `${folder}/alice`, provider: 'memory', version: 1 };
    expect(uses).toEqual([
      { ...alice, answer: 'accepted' },
      { ...alice, answer: 'exhausted' },
      { path: folder, answer: 'unknown' },
    ]);
  });

  test('takes keys in and out while it is used', async () => {
    const { set, rotate, clock } = await keySet({ presented, keys: { alice: {} } });
    const bob = () => set.validate(as('bob', 'bob-1'));
    expect(await bob()).toEqual(unknown);
    await set.allow('bob', { total: 1 });
    expect(await bob()).toMatchObject({ answer: 'accepted', id: 'bob' });
    expect(await bob()).toMatchObject({ answer: 'exhausted' });
    await set.allow('bob', { total: 2 });
    expect(await bob()).toMatchObject({ answer: 'accepted' });
    const underWay = bob();
    set.withdraw('bob');
    expect([await underWay, await bob()]).toEqual([unknown, unknown]);
    set.withdraw('alice');
    expect(await set.validate(as('alice', 'alice-1'))).toEqual(unknown);
    rotate('alice', 'alice-2');
    await clock.advance(5_000);
    await set.allow('alice');
    expect(await set.validate(as('alice', 'alice-2'))).toMatchObject({ answer: 'accepted', version: 2 });
    expect([...set.usage().keys()]).toEqual(['alice']);
  });
});

describe('a set of keys with ids', () => {
  test('asks the stores for an id that is not in it as for a wrong value of one that is', async () => {
    const { set, asked, clock } = await keySet();
    const readsOf = async (presented: string) => {
      await clock.advance(10_000);
      asked.length = 0;
      for (let turn = 0; turn < 5; turn += 1) expect(await set.validate(presented)).toEqual(unknown);
      return asked.length;
    };
    for (const id of ids) await readsOf(`${id}.wrong`);
    const known = await readsOf('alice.wrong');
    expect(known).toBeGreaterThan(0);
    for (const id of ['mallory', 'a', '', '__proto__', 'constructor', '../alice', 'alice@1']) {
      expect(await readsOf(`${id}.wrong`)).toBe(known);
    }
  });

  test('does not take the value of the key that stands in for an id that it does not have', async () => {
    const { set } = await keySet({ keys: { alice: {} } });
    expect(await set.validate('mallory.alice-1')).toEqual(unknown);
    expect(set.usage().get('alice')).toMatchObject({ accepted: 0, refused: 0 });
  });

  test('takes the value after the first dot, so that it may have dots itself', async () => {
    const { set, rotate } = await keySet({ keys: { alice: {} } });
    rotate('alice', 'one.two.');
    expect(await set.validate('alice.one.two.')).toMatchObject({ answer: 'accepted' });
    expect(await set.validate('alice.one.two')).toEqual(unknown);
  });

  test('looks at no value that is longer than any key', async () => {
    const { set, rotate, asked } = await keySet({ keys: { alice: {} } });
    rotate('alice', 'x'.repeat(4096));
    asked.length = 0;
    expect(await set.validate(`alice.${'x'.repeat(4096)}`)).toEqual(unknown);
    expect(asked).toEqual([]);
  });
});

describe('a set of keys is refused', () => {
  test.each<Partial<KeySetOptions>>([
    { keys: { 'a.b': {} } },
    { keys: { '': {} } },
    { keys: { '../x': {} } },
    { keys: { alice: { total: -1 } } },
    { grace: 'long' },
    { presented: 'value', keys: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`key${index}`, {}])) },
  ])('for %j', async (options) => {
    await expect(keySet(options)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('when a key has no value, and a key more is, while the others stay', async () => {
    await expect(keySet({ keys: { alice: {}, nobody: {} } })).rejects.toMatchObject({ code: 'not_found' });
    const { set } = await keySet({ keys: { alice: {} } });
    await expect(set.allow('nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(set.allow('alice', { total: -1 })).rejects.toMatchObject({ code: 'invalid' });
    expect(await set.validate('alice.alice-1')).toMatchObject({ answer: 'accepted' });
  });
});
