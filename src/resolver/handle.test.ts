import { describe, expect, test } from 'vitest';
import { parseDerivedTemplate } from '../core/derived-template.js';
import type { ErrorCode, KeywardError } from '../core/errors.js';
import { bareEntry, type Inventory } from '../core/inventory.js';
import { parsePath } from '../core/path.js';
import type { Secret } from '../core/secret.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import type { ScriptedAnswer } from '../testing/scripted-provider.js';
import type { SecretHandle } from './secrets.js';

const name = 'app/jwt';
const second = 1_000;
const minute = 60 * second;

async function held(cache = {}, random = () => 0) {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'vault', traits: { layout: 'single' } });
  const secrets = chain.secrets({ links: [{ provider: store }], cache, random });
  const says = (...answers: [ScriptedAnswer, ...ScriptedAnswer[]]) => store.says(name, ...answers);
  says({ value: 'one' });
  const handle = await chain.settle(secrets.handle(name));
  return { ...chain, store, secrets, says, handle, log: logOf(handle) };
}

function logOf(handle: SecretHandle): string[] {
  const log: string[] = [];
  handle.onChange((secret, previous) => void log.push(`${previous.expose()} -> ${secret.expose()}`));
  handle.onError((error) => void log.push(error.code));
  return log;
}

function codeOf(handle: SecretHandle): ErrorCode | string {
  try {
    return handle.current().expose();
  } catch (error) {
    return (error as KeywardError).code;
  }
}

describe('a handle', () => {
  test('waits for the first value and gives it at once from then on', async () => {
    const { handle, store, clock } = await held();
    expect(handle.name).toBe(name);
    expect(handle.current().expose()).toBe('one');
    await clock.advance(minute);
    expect(handle.current()).toBe(handle.current());
    expect(handle.current().origin).toMatchObject({ provider: 'vault', ageMs: minute });
    expect(store.calls).toBe(1);
  });

  test('is not made when there is no first value', async () => {
    const { secrets, store, settle } = chainUnderTest();
    const provider = store({ name: 'vault' });
    const face = secrets({ links: [{ provider }] });
    await expect(face.handle(name)).rejects.toMatchObject({ code: 'not_found' });
    provider.says(name, { error: 'denied' });
    await expect(settle(face.handle(name))).rejects.toMatchObject({ code: 'denied' });
    await expect(face.handle('/no name')).rejects.toMatchObject({ code: 'invalid' });
  });

  test('asks ahead of time and tells of another value, but not of the same one', async () => {
    const { handle, says, store, clock, log } = await held();
    await clock.advance(225 * second);
    expect(store.calls).toBe(2);
    expect(log).toEqual([]);
    says({ value: 'two' });
    await clock.advance(225 * second);
    expect(log).toEqual(['one -> two']);
    expect(handle.current().expose()).toBe('two');
  });

  test('spreads its asking over time', async () => {
    const { store, clock } = await held({}, () => 0.999);
    await clock.advance(265 * second);
    expect(store.calls).toBe(1);
    await clock.advance(5 * second);
    expect(store.calls).toBe(2);
  });

  test('keeps its value in an outage, with growing pauses, until it is too old; then throws, and recovers', async () => {
    const { handle, says, store, clock, log } = await held({ ttlMs: minute, maxStaleMs: 10 * minute });
    says({ error: 'unavailable' });
    await clock.advance(10 * minute - 1);
    expect(handle.current().expose()).toBe('one');
    expect(handle.current().origin).toMatchObject({ degraded: true, ageMs: 10 * minute - 1 });
    expect(store.calls).toBeLessThan(3 * 30);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(['unavailable']);
    expect(codeOf(handle)).toBe('unavailable');
    says({ value: 'one' });
    await clock.advance(minute);
    expect(codeOf(handle)).toBe('one');
    expect(log).toEqual(['unavailable']);
  });

  for (const error of ['denied', 'unauthenticated', 'deleted', 'integrity'] as const) {
    test(`throws from the moment a store says "${error}", tells once, and recovers`, async () => {
      const { handle, says, clock, log } = await held();
      says({ error });
      await clock.advance(20 * minute);
      expect(codeOf(handle)).toBe(error);
      expect(log).toEqual([error]);
      says({ value: 'two' });
      await clock.advance(minute);
      expect(codeOf(handle)).toBe('two');
      expect(log).toEqual([error, 'one -> two']);
    });
  }

  test('throws when the value was removed', async () => {
    const { handle, says, clock } = await held();
    says({ absent: true });
    await clock.advance(5 * minute);
    expect(codeOf(handle)).toBe('not_found');
  });

  test('loses its value when a get hears of the refusal first, also at another spelling of the place', async () => {
    for (const asked of [name, 'app']) {
      const chain = chainUnderTest();
      const store = chain.store({ name: 'vault' });
      const secrets = chain.secrets({ links: [{ provider: store }], random: () => 0 });
      store.says('app', { fields: { jwt: 'one' } });
      const handle = await secrets.handle(name);
      store.says('app', { error: 'denied' });
      store.says(name, { error: 'denied' });
      await (asked === name ? secrets.refresh(name) : secrets.getAll(asked)).catch(() => {});
      await chain.clock.advance(second);
      expect(codeOf(handle)).toBe('denied');
      const { calls } = store;
      await chain.clock.advance(10 * second);
      expect(store.calls - calls).toBeLessThan(10);
    }
  });

  test('shares one asking with every other handle and get of its name', async () => {
    const { secrets, store, clock, says } = await held();
    const others = await Promise.all(Array.from({ length: 100 }, () => secrets.handle(name)));
    says({ value: 'two' });
    await clock.advance(225 * second);
    expect((await secrets.get(name)).expose()).toBe('two');
    expect(others.map((handle) => handle.current().expose())).toEqual(others.map(() => 'two'));
    expect(store.calls).toBe(2);
  });

  test('asks no more when it is closed, and gives nothing', async () => {
    const { handle, secrets, store, clock, log, says } = await held();
    const other = await secrets.handle(name);
    handle.close();
    handle.close();
    expect(codeOf(handle)).toBe('unavailable');
    expect(() => handle.onChange(() => {})).toThrow('closed');
    says({ value: 'two' });
    await clock.advance(10 * minute);
    expect(other.current().expose()).toBe('two');
    other.close();
    const { calls } = store;
    await clock.advance(60 * minute);
    expect(store.calls).toBe(calls);
    expect(log).toEqual([]);
  });

  test('may be closed by its own listener, and asks no more', async () => {
    for (const last of [{ error: 'denied' }, { value: 'two' }] as const) {
      const { handle, store, clock, says, log } = await held();
      handle.onChange(() => handle.close());
      handle.onError(() => handle.close());
      says(last);
      await clock.advance(225 * second);
      expect(log).toHaveLength(1);
      const { calls } = store;
      await clock.advance(60 * minute);
      expect(store.calls).toBe(calls);
    }
  });

  test('tells the other listeners when one throws', async () => {
    const { handle, clock, says, log } = await held();
    const uncaught: unknown[] = [];
    const outer = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => void uncaught.push(error));
    try {
      const defect = new Error('a defect of the listener');
      handle.onChange(() => {
        throw defect;
      });
      handle.onChange((secret) => void log.push(secret.expose()));
      says({ value: 'two' });
      await clock.advance(225 * second);
      expect(log).toEqual(['one -> two', 'two']);
      expect(uncaught).toEqual([defect]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of outer) process.on('uncaughtException', listener);
    }
  });

  test('gives nothing after the secrets are closed', async () => {
    const { handle, secrets, store, clock } = await held();
    await secrets.close();
    expect(codeOf(handle)).toBe('unavailable');
    await clock.advance(60 * minute);
    expect(store.calls).toBe(1);
    await expect(secrets.handle(name)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('stops telling a listener that was stopped, and tells one given twice twice', async () => {
    const { handle, says, clock, log } = await held();
    const listener = (secret: Secret) => void log.push(secret.expose());
    const stops = [handle.onChange(listener), handle.onChange(listener), handle.onChange(listener)];
    stops[0]?.();
    stops[0]?.();
    says({ value: 'two' });
    await clock.advance(225 * second);
    expect(log).toEqual(['one -> two', 'two', 'two']);
  });

  test('is asked at least every five seconds where nothing is remembered', async () => {
    const { handle, says, store, clock } = await held({ ttlMs: 0, maxStaleMs: 0 });
    expect(handle.current().expose()).toBe('one');
    await clock.advance(4 * second);
    expect(store.calls).toBe(2);
    says({ error: 'unavailable' });
    await clock.advance(10 * second);
    expect(codeOf(handle)).toBe('unavailable');
  });

  test('lives with a time to live that no timer can wait for', async () => {
    const { handle, store, clock } = await held({ ttlMs: 1_000 * 24 * 60 * minute, maxStaleMs: 0 });
    await clock.advance(24 * 60 * minute - 1);
    expect(store.calls).toBe(1);
    expect(handle.current().expose()).toBe('one');
  });
});

describe('a handle on a store that can be watched', () => {
  async function overMemory() {
    const chain = chainUnderTest();
    const memory = createMemoryProvider({ clock: chain.clock, secrets: { [name]: 'one', 'app/other': 'o' } });
    const secrets = chain.secrets({ links: [{ provider: memory }] });
    return { ...chain, memory, secrets };
  }

  test('hears of a change within a second, and gets make use of it at once', async () => {
    const { memory, secrets, clock } = await overMemory();
    const handle = await secrets.handle(name);
    const log = logOf(handle);
    await clock.advance(second);
    memory.set('app/other', 'p');
    memory.set(name, 'two');
    expect((await secrets.get(name)).expose()).toBe('two');
    await clock.advance(1);
    memory.set(name, 'three');
    await clock.advance(second);
    expect(log).toEqual(['one -> two', 'two -> three']);
  });

  test('asks at most once a second however many hints there are', async () => {
    const { memory, secrets, clock, accesses } = await overMemory();
    await secrets.handle(name);
    accesses.length = 0;
    for (let index = 0; index < 100; index += 1) {
      memory.set('app/other', `${index}`);
      await clock.advance(100);
    }
    expect(accesses.length).toBeLessThanOrEqual(11);
  });

  test('watches while a handle is open and no longer', async () => {
    const { memory, secrets, clock } = await overMemory();
    const [one, two] = [await secrets.handle(name), await secrets.handle('app/other')];
    one.close();
    two.close();
    memory.set(name, 'two');
    await clock.advance(second);
    expect((await secrets.get(name)).expose()).toBe('one');
  });

  test('is told nothing by a read that began before the change', async () => {
    const chain = chainUnderTest();
    const memory = createMemoryProvider({ clock: chain.clock, secrets: { [name]: 'one' } });
    let release = () => {};
    let isSlow = false;
    const slow = {
      ...memory,
      readMany: async (...args: Parameters<typeof memory.readMany>) => {
        const found = await memory.readMany(...args);
        if (isSlow) await new Promise<void>((resolve) => (release = resolve));
        return found;
      },
    };
    const secrets = chain.secrets({ links: [{ provider: slow }] });
    const handle = await secrets.handle(name);
    const log = logOf(handle);
    await chain.clock.advance(300 * second);
    isSlow = true;
    const before = secrets.get(name);
    await chain.clock.advance(1);
    isSlow = false;
    memory.set(name, 'two');
    expect((await secrets.get(name)).expose()).toBe('two');
    release();
    expect((await before).expose()).toBe('one');
    expect((await secrets.get(name)).expose()).toBe('two');
    expect(log).toEqual(['one -> two']);
  });
});

test('a handle on a secret that is made of others follows its parts', async () => {
  const { clock, secrets: make } = chainUnderTest();
  const url = parsePath('database/url');
  const [user, host] = [parsePath('database/user'), parsePath('database/host')];
  const inventory: Inventory = new Map([
    [user, bareEntry(user)],
    [host, bareEntry(host)],
    [url, { ...bareEntry(url), from: parseDerivedTemplate('postgresql://{database/user}@{database/host}/bot') }],
  ]);
  const memory = createMemoryProvider({ clock, secrets: { 'database/user': 'u', 'database/host': 'h' } });
  const secrets = make({ links: [{ provider: memory }], inventory });
  const handle = await secrets.handle('database/url');
  const log = logOf(handle);
  expect(handle.current()).toBe(handle.current());
  memory.set('database/user', 'v');
  await clock.advance(second);
  expect(log).toEqual(['postgresql://u@h/bot -> postgresql://v@h/bot']);
  memory.set('database/host', 'no host/');
  await clock.advance(second);
  expect([codeOf(handle), log.at(-1)]).toEqual(['invalid', 'invalid']);
  memory.set('database/host', 'i');
  await clock.advance(second);
  expect([codeOf(handle), log.at(-1)]).toEqual([
    'postgresql://v@i/bot',
    'postgresql://v@h/bot -> postgresql://v@i/bot',
  ]);
  handle.close();
  expect(codeOf(handle)).toBe('unavailable');
});
