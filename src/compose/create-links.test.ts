import { expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { emptyInventory } from '../core/inventory.js';
import { createLinks } from './create-links.js';
import type { EntryContext } from './create-provider.js';
import type { ProviderEntry } from './provider-schemas.js';

function linksOf(entries: readonly ProviderEntry[], identities?: EntryContext['identities']) {
  const config = {
    file: undefined,
    files: [],
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
    deploy: undefined,
    notifications: undefined,
    inventory: emptyInventory,
  };
  const connect = () => Promise.reject(new KeywardError('unavailable', 'no store'));
  return createLinks(entries, { config, env: {}, connect, identities });
}
const rulesOf = (...entries: readonly ProviderEntry[]) => linksOf(entries).map(({ onUnavailable }) => onUnavailable);
const own: ProviderEntry = { kind: 'keyward', options: { prefix: 'bot/{env}' } };
const shared: ProviderEntry = { kind: 'keyward', options: { name: 'shared', prefix: 'bot/shared' } };
const env: ProviderEntry = { kind: 'env', options: {} };

test('a part of the store does not stand in for another part that is out of reach, unless the file says so', () => {
  expect(rulesOf(own, shared, env)).toEqual(['stop', undefined, undefined]);
  expect(rulesOf(own, env)).toEqual([undefined, undefined]);
  const stated: ProviderEntry = { kind: 'keyward', options: { prefix: 'bot/{env}', onUnavailable: 'next' } };
  expect(rulesOf(stated, shared)).toEqual(['next', undefined]);
});

test('an identity goes to the link of its name, and one that nobody can use is refused', () => {
  const azure: ProviderEntry = { kind: 'azure', options: { name: 'cloud', vault: 'trading-bot' } };
  const aws: ProviderEntry = { kind: 'aws', options: {} };
  const token = { getToken: async () => null };
  const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
  expect(linksOf([azure, aws], { cloud: token, aws: async () => keys })).toHaveLength(2);
  const refusals: EntryContext['identities'][] = [{ azure: token }, { cloud: keys }, { aws: token }];
  for (const identities of refusals) expect(() => linksOf([azure, aws], identities)).toThrow(/identity/);
  expect(() => linksOf([env], { env: keys })).toThrow('env (env) cannot sign in');
});
