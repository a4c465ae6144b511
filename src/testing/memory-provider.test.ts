import { describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { payloadText } from '../core/payload.js';
import { providerContract } from '../core/provider.contract.js';
import { createMemoryProvider } from './memory-provider.js';

const runner = { describe, test, skip: test.skip };

providerContract(runner, 'memory', async () => {
  const provider = createMemoryProvider();
  return {
    subject: {
      provider,
      seed: async (path, payload) => provider.set(path, payload.kind === 'text' ? payloadText(payload) : payload.bytes),
    },
  };
});

providerContract(runner, 'memory without any ability', async () => {
  const provider = createMemoryProvider({ capabilities: [] });
  return {
    subject: {
      provider,
      seed: async (path, payload) => provider.set(path, payload.kind === 'text' ? payloadText(payload) : payload.bytes),
    },
  };
});

describe('the memory provider in the tests of an application', () => {
  test('holds from the start what it is given: texts, bytes and documents', async () => {
    const provider = createMemoryProvider({
      secrets: { 'app/jwt_secret': 'x', 'app/key': Uint8Array.of(0), 'exchange/binance': { api_key: 'k' } },
    });
    const kinds = await Promise.all(
      ['app/jwt_secret', 'app/key', 'exchange/binance'].map(async (path) => {
        const payload = (await provider.read({ path: parsePath(path) }))?.payload;
        return payload?.kind === 'binary' ? [...payload.bytes] : payload && payloadText(payload);
      }),
    );
    expect(kinds).toEqual(['x', [0], '{"api_key":"k"}']);
  });

  test('pretends to be another kind of store, for rules that depend on it', () => {
    const provider = createMemoryProvider({ name: 'vault', kind: 'vault', traits: { layout: 'document' } });
    expect(provider).toMatchObject({ name: 'vault', kind: 'vault', traits: { managed: true, layout: 'document' } });
  });

  test('stops hinting when told to, and hints at nothing outside the folder', () => {
    const provider = createMemoryProvider();
    const hints: string[] = [];
    const stop = provider.watch(parsePath('app'), () => hints.push('app'));
    provider.watch('', () => hints.push('all'));
    provider.set('app/a', '1');
    provider.set('apps/b', '2');
    stop();
    provider.set('app/a', '3');
    expect(hints).toEqual(['app', 'all', 'all', 'all']);
  });
});
