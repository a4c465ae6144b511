import { describe, expect, test } from 'vitest';
import type { Timer } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { FakeClock } from '../testing/fake-clock.js';

const names = Array.from({ length: 200 }, (_, index) => `key_${index}`);

function shown(results: ReadonlyMap<string, Secret | KeywardError>): Record<string, string> {
  return Object.fromEntries(
    [...results].map(([name, result]) => [name, result instanceof KeywardError ? result.code : result.expose()]),
  );
}

function twoStores() {
  const chain = chainUnderTest();
  const vault = chain.store({ name: 'vault', traits: { layout: 'single' } });
  const aws = chain.store({ name: 'aws', traits: { layout: 'single' } });
  const secrets = chain.secrets({ links: [{ provider: vault }, { provider: aws }], random: Math.random });
  return { ...chain, vault, aws, secrets };
}

/** Runs the timers of one moment in one turn of the event loop, as those of the platform do. */
class PunctualClock extends FakeClock {
  readonly #moments = new Map<number, Set<() => void>>();

  override after(delayMs: number, callback: () => void): Timer {
    const due = this.monotonic() + delayMs;
    const callbacks = this.#moments.get(due) ?? new Set();
    if (callbacks.size === 0) {
      super.after(delayMs, () => {
        this.#moments.delete(due);
        for (const each of callbacks) each();
      });
    }
    this.#moments.set(due, callbacks.add(callback));
    return { cancel: () => void callbacks.delete(callback) };
  }
}

describe('getMany', () => {
  test('asks each store once for everything that it may have', async () => {
    const { vault, aws, secrets, settle } = twoStores();
    for (const [index, name] of names.entries()) (index < 150 ? vault : aws).says(name, { value: `v${index}` });
    const results = await settle(secrets.getMany(names));
    expect([...results.keys()]).toEqual(names);
    expect(Object.values(shown(results))).toEqual(names.map((_, index) => `v${index}`));
    expect([vault.calls, aws.calls]).toEqual([1, 1]);
    expect(aws.asked).toHaveLength(50);
  });

  test('answers each by the rules of the chain, errors as values', async () => {
    const { vault, aws, secrets, settle } = twoStores();
    vault.says('good', { value: 'v' });
    vault.says('refused', { error: 'denied' });
    aws.says('refused', { value: 'weaker' });
    vault.says('gone', { error: 'deleted' });
    aws.says('below', { value: 'b' });
    const results = await settle(secrets.getMany(['good', 'refused', 'gone', 'below', 'nowhere', '/bad', 'good']));
    expect(shown(results)).toEqual({
      good: 'v',
      refused: 'denied',
      gone: 'deleted',
      below: 'b',
      nowhere: 'not_found',
      '/bad': 'invalid',
    });
  });

  test('retries a whole batch as one, within one deadline', async () => {
    const chain = chainUnderTest();
    const vault = chain.store({ name: 'vault', traits: { layout: 'single' } });
    const clock = new PunctualClock();
    const secrets = chain.secrets({ links: [{ provider: vault }], clock, random: Math.random });
    for (const name of names) vault.says(name, { error: 'throttled' }, { value: name });
    const results = secrets.getMany(names);
    while (vault.calls < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(1);
    }
    expect(Object.values(shown(await results))).toEqual(names);
    expect(vault.calls).toBe(2);
  });

  test('gives what is remembered, and shares reads under way', async () => {
    const { vault, secrets, settle } = twoStores();
    vault.says('a', { value: 'a' });
    vault.says('b', { value: 'b', delayMs: 100 });
    vault.says('c', { value: 'c' });
    await settle(secrets.get('a'));
    const single = secrets.get('b');
    const results = settle(secrets.getMany(['a', 'b', 'c']));
    expect(shown(await results)).toEqual({ a: 'a', b: 'b', c: 'c' });
    expect((await single).expose()).toBe('b');
    expect([...vault.asked].sort()).toEqual(['a', 'b', 'c']);
  });

  test('reads one by one where a store has no batch read', async () => {
    const { store, secrets: make, settle } = chainUnderTest();
    const vault = store({ name: 'vault', traits: { layout: 'single' } });
    vault.says('a', { value: 'a' });
    const refuse = () => Promise.reject(new KeywardError('unsupported', 'no batches'));
    const provider = { ...vault, capabilities: new Set<never>(), readMany: refuse };
    const results = await settle(make({ links: [{ provider }] }).getMany(['a', 'b']));
    expect(shown(results)).toEqual({ a: 'a', b: 'not_found' });
  });

  test('takes a batch with a missing or foreign answer for no answer at all', async () => {
    const { store, secrets: make, settle } = chainUnderTest();
    const vault = store({ name: 'vault', traits: { layout: 'single' } });
    for (const name of ['a', 'b', 'c']) vault.says(name, { value: name });
    const short: typeof vault.readMany = async (refs) => (await vault.readMany(refs)).slice(1);
    const turned: typeof vault.readMany = async (refs) => [...(await vault.readMany(refs))].reverse();
    for (const [readMany, middle] of [
      [short, 'invalid'],
      [turned, 'b'],
    ] as const) {
      const results = await settle(make({ links: [{ provider: { ...vault, readMany } }] }).getMany(['a', 'b', 'c']));
      expect(shown(results)).toEqual({ a: 'invalid', b: middle, c: 'invalid' });
    }
  });

  test('is given up by its caller, and the store is told when nobody waits any more', async () => {
    const { store, secrets: make, settle } = chainUnderTest();
    const vault = store({ name: 'vault', traits: { layout: 'single' } });
    let upstream: AbortSignal | undefined;
    const readMany: typeof vault.readMany = (refs, call) => {
      upstream = call?.signal;
      return vault.readMany(refs, call);
    };
    const secrets = make({ links: [{ provider: { ...vault, readMany } }] });
    for (const name of ['a', 'b']) vault.says(name, { value: 'v', delayMs: 100 });
    const controller = new AbortController();
    const given = secrets.getMany(['a', 'b'], { signal: controller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const other = secrets.get('b');
    controller.abort(new Error('changed my mind'));
    await expect(given).rejects.toThrow('changed my mind');
    expect(upstream?.aborted).toBe(false);
    expect((await settle(other)).expose()).toBe('v');
    await expect(secrets.getMany(['a'], { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  });

  test('of nothing is nothing, and after close it is refused', async () => {
    const { secrets, vault } = twoStores();
    expect((await secrets.getMany([])).size).toBe(0);
    expect(vault.calls).toBe(0);
    await secrets.close();
    await expect(secrets.getMany(['a'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('asks one store alone when told to', async () => {
    const { vault, aws, secrets, settle } = twoStores();
    vault.says('a', { value: 'vault' });
    aws.says('a', { value: 'aws' });
    expect(shown(await settle(secrets.getMany(['a'], { provider: 'aws' })))).toEqual({ a: 'aws' });
    expect(shown(await secrets.getMany(['a'], { provider: 'gcp' }))).toEqual({ a: 'invalid' });
  });
});
