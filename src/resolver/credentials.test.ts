import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bareEntry } from '../core/inventory.js';
import { parsePath } from '../core/path.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import type { CredentialLayout } from './credential-layout.js';

const bundle = { bundle: 'crypto-pipeline/exchange-keys', prefix: '{name}_' };
const layouts: readonly CredentialLayout[] = ['exchange/{name}', 'crypto-pipeline/{name}', bundle];
const keys = { api_key: 'key-1', api_secret: 'secret-1' };

function vaultEnv(listedFields?: readonly string[]) {
  const chain = chainUnderTest();
  const vault = chain.store({ name: 'vault' });
  const env = chain.store({ name: 'env', traits: { layout: 'single', managed: false } });
  const path = parsePath('exchange/binance');
  const inventory = new Map(listedFields && [[path, { ...bareEntry(path), fields: listedFields }]]);
  const links = [{ provider: vault }, { provider: env }];
  return { ...chain, vault, env, secrets: chain.secrets({ links, inventory, credentials: layouts }) };
}

async function failure(outcome: Promise<unknown>) {
  const error: unknown = await outcome.catch((reason: unknown) => reason);
  if (error instanceof Error) return error;
  throw new Error('expected a failure');
}

describe('credentials are found', () => {
  test('in a document of the exchange, with further fields kept', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: { ...keys, testnet: 'true', label: 'bot' }, version: 5 });
    const credentials = await secrets.credentials('binance');
    expect(credentials.apiKey.expose()).toBe('key-1');
    expect(credentials.apiSecret.expose()).toBe('secret-1');
    expect(credentials.testnet).toBe(true);
    expect(Object.keys(credentials.fields)).toEqual(['api_key', 'api_secret', 'testnet', 'label']);
    expect(credentials.apiKey.origin).toMatchObject({ provider: 'vault', version: 5 });
  });

  test('in any configured document, the first layout first', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('crypto-pipeline/binance', { fields: keys });
    expect((await secrets.credentials('binance')).apiKey.expose()).toBe('key-1');
    expect(vault.asked).toEqual(['exchange/binance', 'crypto-pipeline/binance']);
  });

  test('in a bundle, without the keys of other accounts and exchanges', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says(bundle.bundle, {
      fields: {
        binance_api_key: 'key-1',
        binance_secret_key: 'secret-1',
        binance_readonly_api_key: 'key-2',
        binance_readonly_api_secret: 'secret-2',
        binance_us_api_key: 'key-3',
        kraken_api_key: 'key-4',
      },
    });
    const credentials = await secrets.credentials('binance');
    expect(Object.entries(credentials.fields).map(([name, secret]) => [name, secret.expose()])).toEqual([
      ['api_key', 'key-1'],
      ['api_secret', 'secret-1'],
    ]);
    const readonly = await secrets.credentials('binance', { account: 'readonly' });
    expect(readonly.expose('ccxt')).toEqual({ apiKey: 'key-2', secret: 'secret-2' });
  });

  test('in single secrets of one store, under the other spellings of a field too', async () => {
    const { env, secrets } = vaultEnv();
    env.says('exchange/binance/api_key', { value: 'key-1' });
    env.says('exchange/binance/secret_key', { value: 'secret-1' });
    env.says('exchange/binance/testnet', { value: '1' });
    const credentials = await secrets.credentials('binance');
    expect(credentials.expose('ccxt')).toEqual({ apiKey: 'key-1', secret: 'secret-1' });
    expect(credentials.testnet).toBe(true);
    expect(credentials.apiSecret.origin?.provider).toBe('env');
  });

  test('of a named account in a document below that of the exchange, else in single secrets there', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: keys });
    vault.says('exchange/binance/readonly', { fields: { api_key: 'key-2', api_secret: 'secret-2' } });
    expect((await secrets.credentials('binance', { account: 'readonly' })).apiKey.expose()).toBe('key-2');
    env.says('exchange/binance/hedge/api_key', { value: 'key-3' });
    env.says('exchange/binance/hedge/api_secret', { value: 'secret-3' });
    expect((await secrets.credentials('binance', { account: 'hedge' })).apiKey.expose()).toBe('key-3');
  });

  test('in every layout of a store before the next store is asked', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says(bundle.bundle, { fields: { binance_api_key: 'strong', binance_api_secret: 'strong' } });
    env.says('exchange/binance', { fields: keys });
    expect((await secrets.credentials('binance')).apiKey.expose()).toBe('strong');
    expect(env.calls).toBe(0);
  });

  test.each([
    ['binance', 'us', 'binance_us'],
    ['binance', 'US', 'binance_us'],
    ['coinbase', 'pro', 'coinbase_pro'],
    ['coinbase', 'pro-hedge', 'coinbase_pro'],
    ['gate', 'io', 'gate_io'],
    ['crypto', 'com', 'crypto_com'],
  ])('never for %s, account %s, whose names are those of the exchange %s', async (exchange, account, other) => {
    const { vault, env, secrets } = vaultEnv();
    vault.says(bundle.bundle, { fields: { [`${other}_api_key`]: 'k', [`${other}_api_secret`]: 's' } });
    const error = await failure(secrets.credentials(exchange, { account }));
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining(other) });
    expect([vault.calls, env.calls]).toEqual([0, 0]);
  });

  test('of a named account at an exchange whose own name has two words', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance_us/hedge', { fields: keys });
    expect((await secrets.credentials('binance_us', { account: 'hedge' })).apiKey.expose()).toBe('key-1');
  });

  test('once, and then from memory', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: keys });
    await secrets.credentials('binance');
    await secrets.credentials('binance');
    expect(vault.calls).toBe(1);
  });
});

describe('credentials are never put together', () => {
  test('from two stores: a document that lacks a field is an error that says where and which', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: { api_key: 'key-1' } });
    env.says('exchange/binance/api_secret', { value: 'secret-of-another-key' });
    const error = await failure(secrets.credentials('binance'));
    expect(error).toMatchObject({ code: 'invalid', store: 'vault', path: 'exchange/binance' });
    expect(error.message).toContain('api_secret');
    expect(error.message).not.toContain('lacks api_key');
    expect(env.calls).toBe(0);
  });

  test('from single secrets of two stores', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says('exchange/binance/api_key', { value: 'key-1' });
    env.says('exchange/binance/api_secret', { value: 'secret-of-another-key' });
    expect(await failure(secrets.credentials('binance'))).toMatchObject({ code: 'invalid', store: 'vault' });
    expect(env.calls).toBe(0);
  });

  test('with an empty field', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: { api_key: 'key-1', api_secret: '' } });
    expect((await failure(secrets.credentials('binance'))).message).toContain('api_secret');
  });

  test('when two spellings of one field hold different values', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: { ...keys, secret_key: 'secret-2' } });
    const error = await failure(secrets.credentials('binance'));
    expect(error).toMatchObject({ code: 'invalid' });
    expect(error.message).toContain('two different values for api_secret');
    expect(error.message).not.toContain('secret-2');
    vault.says('exchange/kraken', { fields: { ...keys, secret_key: keys.api_secret } });
    expect(Object.keys((await secrets.credentials('kraken')).fields)).toEqual(['api_key', 'api_secret']);
  });

  test('without what the exchange requires: a passphrase for okx, keys of a wallet for hyperliquid', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/okx', { fields: keys }, { fields: { ...keys, password: 'phrase' } });
    expect((await failure(secrets.credentials('okx'))).message).toContain('lacks passphrase of okx');
    const okx = await secrets.credentials('okx');
    expect(okx.passphrase?.expose()).toBe('phrase');
    expect(okx.expose('ccxt')).toEqual({ apiKey: 'key-1', secret: 'secret-1', password: 'phrase' });
    vault.says('exchange/hyperliquid', { fields: { wallet_address: 'w', private_key: 'p' } });
    const hyperliquid = await secrets.credentials('hyperliquid');
    expect(hyperliquid.expose('ccxt')).toEqual({ walletAddress: 'w', privateKey: 'p' });
    expect(() => hyperliquid.apiKey).toThrow('hyperliquid signs without api_key');
  });

  test('past a refusal: denied in one layout and absent in the rest is denied', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says('exchange/binance', { error: 'denied' });
    env.says('exchange/binance', { fields: keys });
    expect(await failure(secrets.credentials('binance'))).toMatchObject({ code: 'denied', store: 'vault' });
    vault.says(bundle.bundle, { fields: { binance_api_key: 'key-1', binance_api_secret: 'secret-1' } });
    expect((await secrets.credentials('binance')).apiKey.origin?.provider).toBe('vault');
    expect(env.calls).toBe(0);
  });
});

describe('credentials that are nowhere', () => {
  test('are not_found, naming every place and store that was looked at', async () => {
    const { secrets } = vaultEnv();
    const error = await failure(secrets.credentials('binance'));
    expect(error).toMatchObject({ code: 'not_found' });
    for (const part of ['binance', 'exchange/binance', 'crypto-pipeline/exchange-keys#binance_*', 'vault, env']) {
      expect(error.message).toContain(part);
    }
  });

  test('are unavailable when a store was down', async () => {
    const { vault, secrets, settle } = vaultEnv();
    vault.says('exchange/binance', { error: 'unavailable' });
    expect(await failure(settle(secrets.credentials('binance')))).toMatchObject({ code: 'unavailable' });
  });

  test('are not looked for in single secrets when the inventory lists the document', async () => {
    const { vault, env, secrets } = vaultEnv(['api_key', 'api_secret']);
    env.says('exchange/binance/api_key', { value: 'key-1' });
    expect(await failure(secrets.credentials('binance'))).toMatchObject({ code: 'not_found' });
    expect(vault.asked).toEqual(['exchange/binance', 'crypto-pipeline/binance', bundle.bundle]);
  });
});

describe('names', () => {
  test('that are more than one segment of a path are invalid, and ask nothing', async () => {
    const { vault, secrets } = vaultEnv();
    for (const name of ['', '..', 'binance/readonly', 'a b', '$&']) {
      expect(await failure(secrets.credentials(name))).toMatchObject({ code: 'invalid' });
      expect(await failure(secrets.credentials('binance', { account: name }))).toMatchObject({ code: 'invalid' });
    }
    expect(vault.calls).toBe(0);
  });
});

describe('testnet', () => {
  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('%s is %s', async (text, expected) => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: { ...keys, testnet: text } });
    expect((await secrets.credentials('binance')).testnet).toBe(expected);
  });

  test('is false when it is not there, and anything else is an error without the value', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says('exchange/binance', { fields: keys });
    expect((await secrets.credentials('binance')).testnet).toBe(false);
    for (const [index, text] of ['True', 'yes', '', 'canary-4711'].entries()) {
      vault.says(`exchange/x${index}`, { fields: { ...keys, testnet: text } });
      const error = await failure(secrets.credentials(`x${index}`));
      expect(error).toMatchObject({ code: 'invalid', store: 'vault' });
      expect(error.message).not.toContain('canary');
    }
  });
});

test('credentials print nothing of themselves', async () => {
  const { vault, secrets } = vaultEnv();
  vault.says('exchange/okx', { fields: { api_key: 'canary-1', api_secret: 'canary-2', passphrase: 'canary-3' } });
  const credentials = await secrets.credentials('okx');
  const printed = [
    String(credentials),
    `${credentials}`,
    JSON.stringify(credentials),
    JSON.stringify({ ...credentials, fields: credentials.fields }),
    inspect(credentials, { depth: 9, showHidden: true }),
    inspect(credentials.fields, { depth: 9, showHidden: true }),
    JSON.stringify(structuredClone({ ...credentials })),
  ];
  expect(printed.join()).not.toContain('canary');
  expect(String(credentials)).toBe('credentials of okx: ***REDACTED***');
});
