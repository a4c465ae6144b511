import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { type Directory, type Path, parsePath } from '../../core/path.js';
import { payloadText, textPayload } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import type { Provider } from '../../core/provider.js';
import { parseRef } from '../../core/ref.js';
import { DoorFixture } from '../../testing/door-fixture.js';
import { MemorySecrets } from '../../testing/memory-secrets.js';
import { newChange } from '../../testing/store-under-test.js';
import { createKeywardProvider, type KeywardClient, type KeywardProviderOptions } from './keyward.js';

const runner = { describe, test, skip: test.skip };
const status = { storeId: 's', sealed: false, slots: [], commits: 0, epoch: 0 };

function setUp(options: Partial<KeywardProviderOptions> = {}) {
  const watchers = new Set<() => void>();
  const secrets = new MemorySecrets({ onChange: () => watchers.forEach((onChange) => void onChange()) });
  const log: string[] = [];
  const client: KeywardClient = {
    secrets,
    seal: { status: async () => status },
    watch(onChange) {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
    close: async () => void log.push('closed'),
  };
  const connect = async () => {
    log.push('connected');
    return client;
  };
  return { secrets, client, log, provider: createKeywardProvider({ name: 'keyward', connect, ...options }) };
}

async function namesIn(provider: Provider, directory: Directory): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const path of provider.list(directory)) names.push(path);
  return names;
}

for (const prefix of ['', 'trading-bot/development'] as (Path | '')[]) {
  providerContract(runner, `keyward with the prefix "${prefix}"`, async () => {
    const { provider, secrets } = setUp({ prefix });
    return {
      subject: {
        provider,
        seed: async (path, payload) => {
          await secrets.write(parsePath(prefix === '' ? path : `${prefix}/${path}`), { payload });
        },
      },
    };
  });
}

providerContract(
  runner,
  'keyward over its own store, behind the door',
  async () => {
    const fixture = await DoorFixture.open();
    return {
      subject: {
        provider: createKeywardProvider({ name: 'keyward', connect: async () => fixture.client() }),
        seed: async (path, payload) => {
          await fixture.store.secrets.write(newChange(), path, { payload }, {});
        },
      },
      dispose: () => fixture.dispose(),
    };
  },
  [
    {
      test: 'hints at changes below what is watched, or declares that it cannot',
      reason: 'hints come from a physical store, which the fixture does not have',
    },
  ],
);

describe('the prefix', () => {
  const prefix = parsePath('bot/dev');
  const path = parsePath('app/key');

  test('stands before every path in the store, and before none outside', async () => {
    const { provider, secrets } = setUp({ prefix });
    await provider.write(path, { payload: textPayload('x') });
    expect((await secrets.read({ path: parsePath('bot/dev/app/key') }))?.path).toBe('bot/dev/app/key');
    expect((await provider.read({ path }))?.path).toBe('app/key');
    expect((await provider.describe(path))?.path).toBe('app/key');
    expect((await provider.readMany([{ path }])).map((answer) => answer && 'path' in answer && answer.path)).toEqual([
      'app/key',
    ]);
  });

  test('nothing beside it is seen', async () => {
    const { provider, secrets } = setUp({ prefix });
    for (const other of ['app/key', 'bot/prod/app/key', 'bot/development/app/key']) {
      await secrets.write(parsePath(other), { payload: textPayload('x') });
    }
    expect(await provider.read({ path })).toBeUndefined();
    expect(await namesIn(provider, '')).toEqual([]);
  });

  test('a path that grows too long with it is invalid', async () => {
    const { provider } = setUp({ prefix });
    await expect(provider.read({ path: parsePath('x'.repeat(510)) })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('the connection', () => {
  test('is made at the first use, once however many ask at the same time, and closed at the end', async () => {
    const { provider, log } = setUp();
    expect(log).toEqual([]);
    await Promise.all([1, 2, 3].map(() => provider.read(parseRef('app/key'))));
    expect(log).toEqual(['connected']);
    await provider.close();
    await provider.close();
    expect(log).toEqual(['connected', 'closed']);
  });

  test('a caller who gives up while it is made sends nothing to the store', async () => {
    const { client } = setUp();
    const controller = new AbortController();
    const { provider } = setUp({
      connect: async () => {
        controller.abort();
        return client;
      },
    });
    const write = provider.write(parsePath('app/key'), { payload: textPayload('x') }, { signal: controller.signal });
    await expect(write).rejects.toMatchObject({ code: 'timeout' });
    expect(await client.secrets.describe(parsePath('app/key'))).toBeUndefined();
  });

  test('that was never made is not closed', async () => {
    const { provider, log } = setUp();
    await provider.close();
    expect(log).toEqual([]);
  });

  test('is tried again after it failed, and the failure keeps its code', async () => {
    const failures = [new KeywardError('sealed', 'no slot opens'), new Error('CANARY')];
    const { client } = setUp();
    const { provider } = setUp({
      connect: async () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return client;
      },
    });
    await expect(provider.read(parseRef('app/key'))).rejects.toMatchObject({ code: 'sealed' });
    const second = await provider.read(parseRef('app/key')).catch((error: unknown) => error);
    expect(second).toMatchObject({ code: 'internal', store: 'keyward' });
    expect(String(second)).not.toContain('CANARY');
    expect(await provider.read(parseRef('app/key'))).toBeUndefined();
  });
});

describe('health', () => {
  const withStatus = (answer: () => Promise<typeof status>) => {
    const { client } = setUp();
    return setUp({ connect: async () => ({ ...client, seal: { status: answer } }) }).provider.health();
  };

  test('a sealed store is unhealthy and says so', async () => {
    const health = await withStatus(async () => ({ ...status, sealed: true }));
    expect(health).toMatchObject({ status: 'unhealthy', findings: [{ cause: expect.stringContaining('sealed') }] });
  });

  test('a caller who may not see the seal still has a healthy store', async () => {
    const denied = () => Promise.reject(new KeywardError('denied', 'no'));
    expect(await withStatus(denied)).toEqual({ status: 'healthy', findings: [] });
  });

  test('a store that cannot be opened is unhealthy', async () => {
    const { provider } = setUp({ connect: () => Promise.reject(new KeywardError('unavailable', 'gone')) });
    expect(await provider.health()).toMatchObject({ status: 'unhealthy', findings: [{ cause: 'gone' }] });
  });
});

describe('removing', () => {
  test('takes a version by its number, id or stage', async () => {
    const { provider } = setUp();
    const path = parsePath('app/key');
    for (const text of ['one', 'two', 'three']) await provider.write(path, { payload: textPayload(text) });
    const second = (await provider.read(parseRef('app/key@2')))?.version?.id ?? '';
    await provider.remove(parseRef(`app/key@${second}`), { mode: 'destroy' });
    await provider.remove(parseRef('app/key@1'), { mode: 'soft' });
    const states = (await provider.describe(path))?.versions.map(({ state }) => state);
    expect(states).toEqual(['live', 'destroyed', 'deleted']);
    await provider.restore(parseRef('app/key@1'));
    expect(payloadText((await provider.read(parseRef('app/key@1')))?.payload ?? textPayload(''))).toBe('one');
    await expect(provider.remove(parseRef('app/key@nothing'), { mode: 'soft' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('a purge of one version is invalid', async () => {
    const { provider } = setUp();
    await provider.write(parsePath('app/key'), { payload: textPayload('x') });
    await expect(provider.remove(parseRef('app/key@1'), { mode: 'purge' })).rejects.toMatchObject({ code: 'invalid' });
    expect(await provider.read(parseRef('app/key'))).toBeDefined();
  });
});

test('a folder is listed without the secret of its name when that may not be looked at', async () => {
  const { client } = setUp();
  const path = parsePath('app/key');
  await client.secrets.write(path, { payload: textPayload('x') });
  const secrets = Object.assign(Object.create(client.secrets) as typeof client.secrets, {
    list: client.secrets.list.bind(client.secrets),
    describe: () => Promise.reject(new KeywardError('denied', 'no')),
  });
  const { provider } = setUp({ connect: async () => ({ ...client, secrets }) });
  expect(await namesIn(provider, parsePath('app'))).toEqual([path]);
});
