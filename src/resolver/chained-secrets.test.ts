import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import type { ScriptedAnswer } from '../testing/scripted-provider.js';

const name = 'app/jwt';
const second = 1_000;

function oneStore(cache = {}) {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'vault', traits: { layout: 'single' } });
  const secrets = chain.secrets({ links: [{ provider: store }], cache });
  return { ...chain, store, secrets, says: (...answers: [ScriptedAnswer]) => store.says(name, ...answers) };
}

describe('one upstream call', () => {
  test('serves 1,000 concurrent gets of a cold key, and each is reported', async () => {
    const { store, secrets, says, settle, accesses } = oneStore();
    says({ value: 'v', delayMs: 100 });
    const gets = Array.from({ length: 1_000 }, () => secrets.get(name));
    const values = await settle(Promise.all(gets));
    expect(new Set(values.map((secret) => secret.expose()))).toEqual(new Set(['v']));
    expect(store.calls).toBe(1);
    expect(accesses.length).toBe(1_000);
    expect(accesses.filter((record) => !record.cached).length).toBe(1);
  });

  test('fails for all who share it, and is made anew for the next', async () => {
    const { store, secrets, settle } = oneStore();
    store.says(name, { error: 'denied', delayMs: 100 }, { value: 'v' });
    const results = await settle(Promise.allSettled([secrets.get(name), secrets.get(name)]));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect((await secrets.get(name)).expose()).toBe('v');
  });

  test('gives the default only to the caller who offered one', async () => {
    const { secrets, says, settle } = oneStore();
    says({ absent: true, delayMs: 100 });
    const results = settle(Promise.allSettled([secrets.get(name, { default: 'x' }), secrets.get(name)]));
    expect((await results).map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  });

  test('goes on for the others when one caller aborts', async () => {
    const { secrets, says, settle } = oneStore();
    const controller = new AbortController();
    says({ value: 'v', delayMs: 100 });
    const aborted = secrets.get(name, { signal: controller.signal });
    const patient = secrets.get(name);
    controller.abort(new Error('changed my mind'));
    await expect(aborted).rejects.toThrow('changed my mind');
    expect((await settle(patient)).expose()).toBe('v');
  });

  test('is aborted when the last caller has gone, keeps nothing, and the next get asks anew', async () => {
    const { clock, settle, store: scripted, secrets: over } = chainUnderTest();
    const store = scripted({ name: 'vault', traits: { layout: 'single' } });
    let upstream: AbortSignal | undefined;
    const read: typeof store.read = (ref, options) => {
      upstream = options?.signal;
      return store.read(ref, options);
    };
    const face = over({ links: [{ provider: { ...store, read } }] });
    const [one, two] = [new AbortController(), new AbortController()];
    store.says(name, { value: 'abandoned', delayMs: 100 }, { value: 'asked anew' });
    const gets = [one, two].map(({ signal }) => face.get(name, { signal }));
    one.abort();
    expect(upstream?.aborted).toBe(false);
    two.abort();
    expect(upstream?.aborted).toBe(true);
    await Promise.allSettled(gets);
    await clock.advance(second);
    expect((await settle(face.get(name))).expose()).toBe('asked anew');
  });

  test('is not made for a caller who had aborted before', async () => {
    const { store, secrets } = oneStore();
    await expect(secrets.get(name, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    expect(store.calls).toBe(0);
  });
});

describe('the cache', () => {
  test('answers without asking until the time to live is over, with the age of the value', async () => {
    const { store, secrets, says, clock } = oneStore();
    says({ value: 'v' });
    await secrets.get(name);
    await clock.advance(300 * second - 1);
    expect(store.calls).toBe(1);
    const old = await secrets.get(name);
    expect(old.origin).toMatchObject({ ageMs: 300 * second - 1, degraded: false });
    expect(store.calls).toBe(2);
    says({ value: 'new' });
    await clock.advance(300 * second);
    expect((await secrets.get(name)).expose()).toBe('new');
    expect([old.expose(), old.origin?.ageMs]).toEqual(['v', 600 * second - 1]);
  });

  test('keeps versions and stages of one secret apart', async () => {
    const { store, secrets } = oneStore();
    store.says(name, { value: 'v3', version: 3 }, { value: 'v4', version: 4 }, { value: 'v2', version: 2 });
    expect((await secrets.get(`${name}@3`)).expose()).toBe('v3');
    expect((await secrets.get(name)).expose()).toBe('v4');
    expect((await secrets.get(`${name}@previous`)).expose()).toBe('v2');
    expect((await secrets.get(`${name}@3`)).expose()).toBe('v3');
    expect(store.asked).toEqual([`${name}@3`, name, `${name}@previous`]);
  });

  test('keeps a field whose name reads like a question to one store apart from that question', async () => {
    const { store, secrets } = oneStore();
    store.says('app', { fields: { a: 'plain', 'a from vault': 'odd', 'a vault': 'odder' } });
    const names = ['app#a', 'app#a from vault', 'app#a vault'];
    const forced = (await secrets.get('app#a', { provider: 'vault' })).expose();
    const plain = await Promise.all(names.map(async (text) => (await secrets.get(text)).expose()));
    expect([forced, ...plain]).toEqual(['plain', 'plain', 'odd', 'odder']);
  });

  test('never remembers absence', async () => {
    const { store, secrets } = oneStore();
    store.says(name, { absent: true }, { value: 'new' });
    expect((await secrets.get(name, { default: 'x' })).expose()).toBe('x');
    expect((await secrets.get(name)).expose()).toBe('new');
  });

  test('with no time to live asks every time, and with no staleness gives nothing in an outage', async () => {
    const { store, secrets, settle } = oneStore({ ttlMs: 0, maxStaleMs: 0 });
    store.says(name, { value: 'a' }, { value: 'b' }, { error: 'timeout' });
    expect((await secrets.get(name)).expose()).toBe('a');
    expect((await secrets.get(name)).expose()).toBe('b');
    await expect(settle(secrets.get(name))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('is not affected by what callers do with the bytes', async () => {
    const { secrets, says } = oneStore();
    says({ value: 'v' });
    (await secrets.get(name)).exposeBytes().fill(0);
    expect((await secrets.get(name)).expose()).toBe('v');
  });
});

describe('a value that is used in the last part of its time', () => {
  test('is asked for anew once in the background, and given meanwhile', async () => {
    const { store, secrets, clock, settle } = oneStore();
    store.says(name, { value: 'one' }, { value: 'two', delayMs: second });
    await secrets.get(name);
    await clock.advance(269 * second);
    await Promise.all(Array.from({ length: 100 }, () => secrets.get(name)));
    expect(store.calls).toBe(1);
    await clock.advance(second);
    const given = await Promise.all(Array.from({ length: 100 }, () => secrets.get(name)));
    expect(new Set(given.map((secret) => secret.expose()))).toEqual(new Set(['one']));
    expect(store.calls).toBe(2);
    await clock.advance(second);
    expect((await settle(secrets.get(name))).expose()).toBe('two');
    expect(store.calls).toBe(2);
  });

  test('is asked for at most every five seconds while its store is out of reach', async () => {
    const { store, secrets, clock, says } = oneStore();
    says({ value: 'one' });
    await secrets.get(name);
    says({ error: 'timeout' });
    await clock.advance(270 * second);
    for (let index = 0; index < 29; index += 1) {
      expect((await secrets.get(name)).origin?.degraded).toBe(false);
      await clock.advance(second);
    }
    expect(store.calls).toBeLessThanOrEqual(1 + 6);
  });

  test('is given no more once the background hears that it is refused', async () => {
    const { secrets, clock, says, settle } = oneStore();
    says({ value: 'one' });
    await secrets.get(name);
    says({ error: 'denied' });
    await clock.advance(270 * second);
    await settle(secrets.get(name));
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'denied' });
  });

  test('is the same object for all who get the same answer, and cannot be changed', async () => {
    const { secrets, says } = oneStore();
    says({ value: 'one' });
    const [first, second] = [await secrets.get(name), await secrets.get(name)];
    expect(first).toBe(second);
    expect(Object.isFrozen(first)).toBe(true);
  });
});

describe('every access', () => {
  test('is reported with path, provider, outcome and duration, and never with a value', async () => {
    const { store, secrets, settle, accesses } = oneStore();
    store.says(name, { absent: true, delayMs: 50 }, { error: 'denied' }, { value: 'canary-4711' });
    await settle(secrets.get(name, { default: 'canary-4711' }));
    await secrets.get(name).catch(() => {});
    await secrets.get(name);
    await secrets.get(name);
    const base = { path: name, provider: 'vault', cached: false, degraded: false, durationMs: 0 };
    expect(accesses).toEqual([
      { ...base, outcome: 'absent', durationMs: 50 },
      { ...base, outcome: 'denied' },
      { ...base, outcome: 'found' },
      { ...base, outcome: 'found', cached: true },
    ]);
    expect(JSON.stringify(accesses)).not.toContain('canary');
  });
});

describe('errors', () => {
  test('never show a value, however they are printed', async () => {
    const { store, secrets, settle } = oneStore({ ttlMs: 0, maxStaleMs: 0 });
    store.says(name, { value: 'canary-4711' });
    await secrets.get(name);
    for (const error of ['denied', 'unavailable', 'integrity', 'deleted'] as const) {
      store.says(name, { error });
      const caught: unknown = await settle(secrets.get(name, { default: 'canary-4712' })).catch((e: unknown) => e);
      expect(caught).toBeInstanceOf(KeywardError);
      expect(inspect(caught, { depth: 9, showHidden: true }) + JSON.stringify(caught)).not.toContain('canary');
    }
  });

  test('of a name that is no ref are invalid, and ask nothing', async () => {
    const { store, secrets } = oneStore();
    for (const bad of ['', '/a', 'a//b', '../a', 'a#', 'a@']) {
      await expect(secrets.get(bad, { default: 'x' })).rejects.toMatchObject({ code: 'invalid' });
    }
    expect(store.calls).toBe(0);
  });

  test('name two stores with one name and layouts without a name when the face is made', () => {
    const { store: scripted, secrets: make } = chainUnderTest();
    const store = scripted({ name: 'vault' });
    expect(() => make({ links: [{ provider: store }, { provider: store }] })).toThrow('"vault"');
    expect(() => make({ links: [{ provider: store }], credentials: ['exchange/keys'] })).toThrow('{name}');
  });
});

describe('close', () => {
  test('closes every store once, ends what is under way and refuses what comes later', async () => {
    const { store, secrets, says } = oneStore();
    says({ value: 'v', delayMs: 100 });
    const pending = secrets.get(name);
    const closed = Promise.all([secrets.close(), secrets.close()]);
    await expect(pending).rejects.toMatchObject({ code: 'unavailable' });
    await closed;
    expect(store.isClosed).toBe(true);
    for (const late of [
      secrets.get(name, { default: 'x' }),
      secrets.getAll(name),
      secrets.ready(),
      secrets.explain(name),
    ]) {
      await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  test('closes the other stores when one fails to close, and says so', async () => {
    const chain = chainUnderTest();
    const [bad, good] = [chain.store({ name: 'bad' }), chain.store({ name: 'good' })];
    const broken = { ...bad, close: () => Promise.reject(new KeywardError('internal', 'bad cannot close')) };
    const secrets = chain.secrets({ links: [{ provider: broken }, { provider: good }] });
    await expect(secrets.close()).rejects.toThrow('bad cannot close');
    expect(good.isClosed).toBe(true);
  });
});

describe('methods', () => {
  test('work when they are taken out of the object, and in a copy of it', async () => {
    const { secrets, says } = oneStore();
    says({ value: 'v' });
    const { get, getMany, known } = secrets;
    expect((await get(name)).expose()).toBe('v');
    expect([...(await getMany([name])).keys()]).toEqual([name]);
    expect(known()).toHaveLength(1);
    const copy = { ...secrets };
    expect((await copy.get(name)).expose()).toBe('v');
  });
});
