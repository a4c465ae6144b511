import { expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { emptyInventory } from '../core/inventory.js';
import { createLinks } from './create-links.js';
import type { ProviderEntry } from './provider-schemas.js';

const rulesOf = (...entries: readonly ProviderEntry[]) => {
  const config = {
    file: undefined,
    folder: '/',
    project: undefined,
    environment: 'development',
    production: false,
    store: { path: undefined, slot: undefined },
    providers: entries,
    write: undefined,
    cache: { ttlMs: 0, maxStaleMs: 0 },
    offline: false,
    credentials: [],
    probePath: 'health/check',
    audit: undefined,
    inventory: emptyInventory,
  };
  const connect = () => Promise.reject(new KeywardError('unavailable', 'no store'));
  return createLinks(entries, { config, env: {}, connect }).map(({ onUnavailable }) => onUnavailable);
};
const own: ProviderEntry = { kind: 'keyward', options: { prefix: 'bot/{env}' } };
const shared: ProviderEntry = { kind: 'keyward', options: { name: 'shared', prefix: 'bot/shared' } };
const env: ProviderEntry = { kind: 'env', options: {} };

test('a part of the store does not stand in for another part that is out of reach, unless the file says so', () => {
  expect(rulesOf(own, shared, env)).toEqual(['stop', undefined, undefined]);
  expect(rulesOf(own, env)).toEqual([undefined, undefined]);
  const stated: ProviderEntry = { kind: 'keyward', options: { prefix: 'bot/{env}', onUnavailable: 'next' } };
  expect(rulesOf(stated, shared)).toEqual(['next', undefined]);
});
