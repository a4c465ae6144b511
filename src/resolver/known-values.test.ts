import { describe, expect, test } from 'vitest';
import type { Inventory } from '../core/inventory.js';
import { parsePath } from '../core/path.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { plain, secret } from './config/config-entry.js';
import type { Secrets } from './secrets.js';

const known = (secrets: Secrets) => secrets.known().map((value) => value.expose());

function oneStore(inventory?: Inventory) {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'vault', traits: { layout: 'both' } });
  const options = inventory === undefined ? {} : { inventory };
  return { ...chain, store, secrets: chain.secrets({ links: [{ provider: store }], cache: { ttlMs: 0 }, ...options }) };
}

describe('known values', () => {
  test('are those that were given out, a document with each of its fields', async () => {
    const { store, secrets } = oneStore();
    store.says('app/token', { value: 'one' });
    store.says('exchange/kraken', { fields: { api_key: 'two', api_secret: 'three' } });
    expect(known(secrets)).toEqual([]);
    await secrets.get('app/token');
    expect(known(secrets)).toEqual(['one']);
    await secrets.credentials('kraken');
    expect(known(secrets)).toEqual(expect.arrayContaining(['one', 'two', 'three']));
    await secrets.get('app/missing', { default: 'of the caller' }).catch(() => {});
    expect(known(secrets)).not.toContain('of the caller');
  });

  test('keep the last four of each name, each of them once', async () => {
    const { store, secrets } = oneStore();
    const values = ['a', 'b', 'b', 'c', 'd', 'e'];
    store.says('app/token', ...(values.map((value) => ({ value })) as [{ value: string }]));
    for (const _ of values) await secrets.get('app/token');
    expect(known(secrets)).toEqual(['e', 'd', 'c', 'b']);
  });

  test('are without those that the configuration reads as plain', async () => {
    const { store, secrets } = oneStore();
    store.says('app', { fields: { name: 'trading-bot', token: 'one' } });
    const config = await secrets.config({ name: plain('app/name'), token: secret('app#token') });
    expect(config.name).toBe('trading-bot');
    expect(known(secrets)).toEqual(['one']);
    await secrets.get('app#name');
    expect(known(secrets)).toEqual(['one']);
  });

  test('are still there after the secrets are closed, since their texts are still in use', async () => {
    const { store, secrets } = oneStore();
    store.says('app/token', { value: 'one' });
    await secrets.get(parsePath('app/token'));
    await secrets.close();
    expect(known(secrets)).toEqual(['one']);
  });
});
