import { describe, expect, test } from 'vitest';
import {
  canonicalField,
  exchangeFields,
  fieldAliases,
  isCredentialField,
  isExchange,
  missingFields,
  optionalExchangeFields,
  toCcxt,
} from './exchange-catalogue.js';

describe('exchange catalogue', () => {
  test.each(['binance', 'gateio', 'gate', 'huobi', 'htx', 'coinbasepro', 'okx', 'kucoin', 'kraken', 'deribit'])(
    'knows %s',
    (name) => {
      expect(isExchange(name)).toBe(true);
      expect(exchangeFields(name)).toEqual(expect.arrayContaining(['api_key', 'api_secret']));
    },
  );

  test.each(['', 'constructor', '__proto__', 'Binance', 'app', 'postgres'])('does not know %j', (name) => {
    expect(isExchange(name)).toBe(false);
    expect(exchangeFields(name)).toBeUndefined();
  });

  test('names required and optional fields by their canonical names only', () => {
    const required = ['binance', 'okx', 'bitmart', 'hyperliquid'].flatMap((name) => exchangeFields(name) ?? []);
    for (const field of [...required, ...optionalExchangeFields]) expect(canonicalField(field)).toBe(field);
  });

  test.each(['bittrade', 'weex', 'mudrex', 'ndax'])('knows %s, as ccxt does', (name) => {
    expect(isExchange(name)).toBe(true);
  });

  test('asks nobody for credentials of nothing', () => {
    expect(isExchange('dydx')).toBe(false);
    expect(missingFields('dydx', [])).toEqual(['api_key', 'api_secret']);
  });

  test.each(['okx', 'kucoin', 'coinbasepro', 'bitget'])('requires a passphrase for %s', (name) => {
    expect(exchangeFields(name)).toEqual(['api_key', 'api_secret', 'passphrase']);
  });

  test.each(['gateio', 'huobi', 'coinbasepro', 'okex'])(
    'gives the old name %s the fields of the present one',
    (old) => {
      const present = { gateio: 'gate', huobi: 'htx', coinbasepro: 'coinbaseexchange', okex: 'okx' }[old] ?? '';
      expect(exchangeFields(old)).toEqual(exchangeFields(present));
    },
  );

  test.each([
    ['secret', 'api_secret'],
    ['secret_key', 'api_secret'],
    ['apiSecret', 'api_secret'],
    ['SECRET_KEY', 'api_secret'],
    ['password', 'passphrase'],
    ['apiKey', 'api_key'],
    ['apikey', 'api_key'],
    ['walletAddress', 'wallet_address'],
    ['webhook', 'webhook'],
    ['constructor', 'constructor'],
  ])('calls the field %s canonically %s', (name, canonical) => {
    expect(canonicalField(name)).toBe(canonical);
    expect(isCredentialField(name)).toBe(canonicalField(name) !== name || isCredentialField(canonical));
  });

  test('lists the spellings of a field with the canonical one first', () => {
    expect(fieldAliases('api_secret').slice(0, 3)).toEqual(['api_secret', 'secret_key', 'secret']);
    expect(fieldAliases('passphrase').slice(0, 2)).toEqual(['passphrase', 'password']);
    expect(fieldAliases('webhook')).toEqual(['webhook']);
    expect(fieldAliases('secret')).toEqual(['secret']);
  });

  test('gives every spelling to exactly one field', () => {
    const canonicals = ['api_key', 'api_secret', 'passphrase', 'uid', 'private_key', 'wallet_address', 'testnet'];
    const spellings = canonicals.flatMap((field) => fieldAliases(field).map((alias) => alias.toLowerCase()));
    expect(new Set(spellings).size).toBe(spellings.length);
    for (const field of canonicals) for (const alias of fieldAliases(field)) expect(canonicalField(alias)).toBe(field);
  });

  test('hands credentials to ccxt under its own names and leaves out what it does not take', () => {
    const given = new Map(Object.entries({ api_key: 'k', secret_key: 's', passphrase: 'p', testnet: 'false', x: 'y' }));
    expect(toCcxt(given)).toEqual({ apiKey: 'k', secret: 's', password: 'p' });
  });

  test('prefers the canonical spelling when a document has two', () => {
    expect(toCcxt(new Map(Object.entries({ secret: 'old', api_secret: 'new' })))).toEqual({ secret: 'new' });
  });

  test('reports the required fields that no spelling provides', () => {
    expect(missingFields('okx', ['apiKey', 'secret'])).toEqual(['passphrase']);
    expect(missingFields('binance', ['api_key', 'secret_key', 'testnet'])).toEqual([]);
    expect(missingFields('hyperliquid', ['api_key', 'api_secret'])).toEqual(['private_key', 'wallet_address']);
    expect(missingFields('unheard-of', [])).toEqual(['api_key', 'api_secret']);
  });
});
