import { describe, expect, test } from 'vitest';
import { parseRef } from '../core/ref.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import type { Credentials, WithCredentialsOptions } from './secrets.js';

const path = 'exchange/binance';
const second = 1_000;

class AuthenticationError extends Error {}
class PermissionDenied extends AuthenticationError {}

function keys(version: string) {
  return { api_key: `key-${version}`, api_secret: `secret-${version}` };
}

function overMemory() {
  const chain = chainUnderTest();
  const memory = createMemoryProvider({ clock: chain.clock, secrets: { [path]: keys('1') } });
  let reads = 0;
  const read: typeof memory.read = (ref, call) => {
    reads += 1;
    return memory.read(ref, call);
  };
  const secrets = chain.secrets({ links: [{ provider: { ...memory, read } }] });
  const tried: string[] = [];
  const accepting =
    (...accepted: readonly string[]) =>
    async (credentials: Credentials) => {
      const key = credentials.apiKey.expose();
      tried.push(key);
      if (accepted.some((version) => key === `key-${version}`)) return `balance of ${key}`;
      throw new AuthenticationError(`${key} is not valid`);
    };
  const run = (use: (credentials: Credentials) => Promise<string>, options?: WithCredentialsOptions) =>
    secrets.withCredentials('binance', use, options);
  return {
    ...chain,
    memory,
    secrets,
    tried,
    accepting,
    run,
    get reads() {
      return reads;
    },
  };
}

describe('withCredentials', () => {
  test('runs the function with the current credentials and gives what it gives', async () => {
    const { run, accepting, tried } = overMemory();
    expect(await run(accepting('1'))).toBe('balance of key-1');
    expect(tried).toEqual(['key-1']);
  });

  test('passes on every error that is no refusal, after one run', async () => {
    const { run, tried } = overMemory();
    for (const error of [
      new Error('rate limit'),
      Object.assign(new Error('forbidden'), { status: 403 }),
      'text',
      null,
    ]) {
      const failing = async (credentials: Credentials) => {
        tried.push(credentials.exchange);
        throw error;
      };
      await expect(run(failing)).rejects.toBe(error);
    }
    expect(tried).toHaveLength(4);
  });

  test('tries newer credentials when the ones remembered are refused', async () => {
    const { run, accepting, memory, tried } = overMemory();
    await run(accepting('1'));
    memory.set(path, keys('2'));
    expect(await run(accepting('2'))).toBe('balance of key-2');
    expect(tried).toEqual(['key-1', 'key-1', 'key-2']);
  });

  test('tries the previous version when there is no newer one and the service is behind', async () => {
    const { run, accepting, memory, tried } = overMemory();
    memory.set(path, keys('2'));
    expect(await run(accepting('1'))).toBe('balance of key-1');
    expect(tried).toEqual(['key-2', 'key-1']);
  });

  test('gives the error of the service when the grace of the previous version is over', async () => {
    const { run, accepting, memory, tried } = overMemory();
    memory.set(path, keys('2'));
    await memory.remove(parseRef(`${path}@1`), { mode: 'destroy' });
    await expect(run(accepting('1'))).rejects.toThrow('key-2 is not valid');
    expect(tried).toEqual(['key-2']);
  });

  test('gives the error of the service when the stores cannot be asked', async () => {
    const { store, secrets: make, settle } = chainUnderTest();
    const vault = store({ name: 'vault' });
    vault.says(path, { fields: keys('1') }, { error: 'denied' });
    const secrets = make({ links: [{ provider: vault }] });
    const refused = new AuthenticationError('not valid');
    const failing = () => Promise.reject(refused);
    await expect(settle(secrets.withCredentials('binance', failing))).rejects.toBe(refused);
  });

  test('gives the error of the second run when that fails too', async () => {
    const { run, accepting, memory, tried } = overMemory();
    await run(accepting('1'));
    memory.set(path, keys('2'));
    await expect(run(accepting('3'))).rejects.toThrow('key-2 is not valid');
    expect(tried).toEqual(['key-1', 'key-1', 'key-2']);
  });

  test('asks the stores at most once in five seconds, however many calls are refused', async () => {
    const bench = overMemory();
    const { run, accepting, clock, memory } = bench;
    const refuseAll = () => Promise.allSettled(Array.from({ length: 500 }, () => run(accepting())));
    await refuseAll();
    const { reads } = bench;
    expect(reads).toBeLessThanOrEqual(4);
    await refuseAll();
    await clock.advance(4 * second);
    await refuseAll();
    memory.set(path, keys('2'));
    await expect(run(accepting('2'))).rejects.toThrow('key-1');
    const previousReads = bench.reads;
    await clock.advance(second);
    expect(await run(accepting('2'))).toBe('balance of key-2');
    expect(bench.reads).toBeLessThanOrEqual(previousReads + 1);
  });

  test('uses what somebody else found in the meantime without asking again', async () => {
    const bench = overMemory();
    const { secrets, accepting, memory, run } = bench;
    let readsAtRefusal = 0;
    const result = await run(async (credentials) => {
      if (credentials.apiKey.expose() === 'key-1') {
        memory.set(path, keys('2'));
        await secrets.refresh();
        await secrets.credentials('binance');
        readsAtRefusal = bench.reads;
      }
      return accepting('2')(credentials);
    });
    expect(result).toBe('balance of key-2');
    expect(bench.reads).toBe(readsAtRefusal);
  });

  test('never takes the previous versions of single secrets, which may not belong together', async () => {
    const { clock, secrets: make } = chainUnderTest();
    const memory = createMemoryProvider({
      clock,
      secrets: { [`${path}/api_key`]: 'key-1', [`${path}/api_secret`]: 'secret-1' },
    });
    memory.set(`${path}/api_key`, 'key-2');
    memory.set(`${path}/api_secret`, 'secret-2');
    const tried: string[] = [];
    const use = async (credentials: Credentials) => {
      tried.push(credentials.apiKey.expose());
      throw new AuthenticationError('no');
    };
    await expect(make({ links: [{ provider: memory }] }).withCredentials('binance', use)).rejects.toThrow('no');
    expect(tried).toEqual(['key-2']);
  });

  test('knows a refusal by the class of the error, by status 401, or as it is told', async () => {
    const withStatus = (fields: object) => Object.assign(new Error('refused'), fields);
    for (const error of [
      new PermissionDenied('ip not allowed'),
      withStatus({ status: 401 }),
      withStatus({ statusCode: 401 }),
      withStatus({ response: { status: 401 } }),
    ]) {
      const { run, memory, tried } = overMemory();
      memory.set(path, keys('2'));
      const use = async (credentials: Credentials) => {
        tried.push(credentials.apiKey.expose());
        if (tried.length === 1) throw error;
        return 'second';
      };
      expect(await run(use)).toBe('second');
    }
    const { run, memory } = overMemory();
    memory.set(path, keys('2'));
    const isAuthError = (error: unknown) => error instanceof Error && error.message === '28P01';
    const use = async (credentials: Credentials) => {
      if (credentials.apiKey.expose() === 'key-2') throw new Error('28P01');
      return 'first';
    };
    expect(await run(use, { isAuthError })).toBe('first');
  });
});

describe('refresh', () => {
  test('asks now, for every question about the same place, and at most once in five seconds', async () => {
    const { secrets, memory, clock } = overMemory();
    const name = `${path}#api_key`;
    await Promise.all([secrets.get(name), secrets.getAll(path)]);
    memory.set(path, keys('2'));
    await secrets.refresh(name);
    expect((await secrets.get(name)).expose()).toBe('key-2');
    expect((await secrets.getAll(path))['api_secret']?.expose()).toBe('secret-2');
    memory.set(path, keys('3'));
    await secrets.refresh(name);
    expect((await secrets.get(name)).expose()).toBe('key-2');
    await clock.advance(5 * second);
    await secrets.refresh(name);
    expect((await secrets.get(name)).expose()).toBe('key-3');
  });

  test('does not join a read that began before', async () => {
    const { store, secrets: make, clock, settle } = chainUnderTest();
    const vault = store({ name: 'vault', traits: { layout: 'single' } });
    vault.says('a', { value: 'old', delayMs: 1_000 }, { value: 'new' });
    const secrets = make({ links: [{ provider: vault }] });
    const before = secrets.get('a');
    await clock.advance(1);
    await secrets.refresh('a');
    expect((await secrets.get('a')).expose()).toBe('new');
    expect((await settle(before)).expose()).toBe('old');
    expect((await secrets.get('a')).expose()).toBe('new');
  });

  test('throws as get does, and without a name asks nobody by itself', async () => {
    const { secrets, accesses } = overMemory();
    await expect(secrets.refresh('nowhere')).rejects.toMatchObject({ code: 'not_found' });
    accesses.length = 0;
    await secrets.refresh();
    expect(accesses).toEqual([]);
    await secrets.close();
    await expect(secrets.refresh()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(secrets.withCredentials('binance', () => 1)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
