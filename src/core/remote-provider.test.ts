import { describe, expect, test } from 'vitest';
import { KeywardError } from './errors.js';
import { parsePath } from './path.js';
import { textPayload } from './payload.js';
import type { Capability } from './provider.js';
import { rejected } from './provider-read.contract.js';
import { createRemoteProvider, type RemoteStore } from './remote-provider.js';

const path = parsePath('app/token');

function setUp(store: Partial<RemoteStore> = {}, capabilities: readonly Capability[] = []) {
  const log: string[] = [];
  const whole: RemoteStore = {
    read: async ({ path: asked }) => ({ path: asked, payload: textPayload('x'), version: undefined, metadata: {} }),
    inspect: async () => [],
    close: () => void log.push('closed'),
    ...store,
  };
  const state = { isDown: false };
  const provider = createRemoteProvider({
    name: 'far',
    kind: 'remote',
    traits: { managed: true, layout: 'document' },
    capabilities,
    connect: async () => {
      log.push('connected');
      if (state.isDown) throw new KeywardError('unavailable', 'down');
      return whole;
    },
  });
  return { provider, log, state };
}

describe('a provider of a remote store', () => {
  test('connects at the first use, once for all, and again after it failed', async () => {
    const { provider, log, state } = setUp();
    expect(log).toEqual([]);
    state.isDown = true;
    await rejected(provider.read({ path }), 'unavailable');
    state.isDown = false;
    await Promise.all([provider.read({ path }), provider.readMany([{ path }, { path }])]);
    expect(log).toEqual(['connected', 'connected']);
  });

  test('refuses what is no capability without connecting', async () => {
    const { provider, log } = setUp({ write: async () => undefined });
    await rejected(provider.write(path, {}), 'unsupported');
    await rejected(provider.describe(path), 'unsupported');
    await rejected(provider.remove({ path }, { mode: 'soft' }), 'unsupported');
    expect(() => provider.watch('', () => {})).toThrow();
    expect(log).toEqual([]);
  });

  test('is closed without connecting for that, and lets go of what it connected to', async () => {
    const unused = setUp();
    await unused.provider.close();
    expect(unused.log).toEqual([]);
    await rejected(unused.provider.read({ path }), 'unavailable');
    const used = setUp();
    await used.provider.read({ path });
    await used.provider.close();
    await used.provider.close();
    expect(used.log).toEqual(['connected', 'closed']);
  });

  test('begins to watch when something has connected, and ends when it is told or closed', async () => {
    const watched: string[] = [];
    const watch: RemoteStore['watch'] = (directory, onChange) => {
      watched.push(`watch ${directory}`);
      onChange();
      return () => void watched.push(`end ${directory}`);
    };
    const { provider, log } = setUp({ watch }, ['watch']);
    const hints: string[] = [];
    const stop = provider.watch(parsePath('a'), () => void hints.push('a'));
    expect([log, watched]).toEqual([[], []]);
    await provider.read({ path });
    provider.watch(parsePath('b'), () => void hints.push('b'));
    stop();
    await provider.close();
    expect(watched).toEqual(['watch a', 'watch b', 'end a', 'end b']);
    expect(hints).toEqual(['a', 'b']);
  });

  test('hands several refs to a store that reads them in one go', async () => {
    const readMany: RemoteStore['readMany'] = async (refs) => refs.map(() => undefined);
    const { provider } = setUp({ readMany }, ['readMany']);
    expect(await provider.readMany([{ path }, { path }])).toEqual([undefined, undefined]);
  });

  test('repeats nothing of a foreign failure in its own', async () => {
    const failing = setUp({
      read: () => Promise.reject(new Error('canary')),
      inspect: () => Promise.reject(new Error('canary')),
    });
    const error = await rejected(failing.provider.read({ path }), 'internal');
    expect(error).toMatchObject({ store: 'far', path });
    expect(error.message).not.toContain('canary');
    const health = await failing.provider.health();
    expect(JSON.stringify(health)).not.toContain('canary');
    expect(health.status).toBe('unhealthy');
  });

  test('ends a listing when the caller gives up or it is closed', async () => {
    const { provider } = setUp(
      {
        async *list() {
          for (const name of ['a', 'b', 'c']) yield parsePath(name);
        },
      },
      ['list'],
    );
    const controller = new AbortController();
    const seen: string[] = [];
    const listing = (async () => {
      for await (const found of provider.list('', { signal: controller.signal })) {
        seen.push(found);
        controller.abort();
      }
    })();
    await rejected(listing, 'timeout');
    expect(seen).toEqual(['a']);
  });
});
