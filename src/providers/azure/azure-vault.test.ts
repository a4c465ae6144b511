import { describe, expect, test } from 'vitest';
import { parseVault } from './azure-vault.js';

const originOf = (vault: string, cloud?: string) => parseVault(vault, cloud, 'azure').address.origin;
const refused = (vault: string | undefined, cloud?: string) =>
  expect(() => parseVault(vault, cloud, 'azure'), vault).toThrow(expect.objectContaining({ code: 'config' }));

describe('a vault', () => {
  test('is named, in the cloud that is chosen', () => {
    expect(originOf('trading-bot')).toBe('https://trading-bot.vault.azure.net');
    expect(originOf('trading-bot', 'public')).toBe('https://trading-bot.vault.azure.net');
    expect(originOf('trading-bot', 'china')).toBe('https://trading-bot.vault.azure.cn');
    expect(originOf('trading-bot', 'usgovernment')).toBe('https://trading-bot.vault.usgovcloudapi.net');
  });

  test('is an address, whose port may be written out', () => {
    expect(originOf('https://Trading.vault.azure.net:443/')).toBe('https://trading.vault.azure.net');
    expect(originOf('https://kv.example.com:8443')).toBe('https://kv.example.com:8443');
    expect(originOf('http://127.0.0.1:9')).toBe('http://127.0.0.1:9');
  });

  test('is neither of another cloud, nor elsewhere without TLS, nor anything else', () => {
    refused(undefined);
    refused('trading', 'mars');
    refused('trading', 'constructor');
    refused('https://trading.vault.azure.net', 'china');
    refused('https://trading.vault.azure.net/secrets');
    refused('http://trading.vault.azure.net');
    refused('https://u:p@trading.vault.azure.net');
    for (const name of ['ab', '1abc', 'abc-', 'a.b', 'a/b', 'x'.repeat(25)]) refused(name);
  });

  test('signs in where its cloud does', () => {
    expect(parseVault('trading', undefined, 'azure').authority).toBeUndefined();
    expect(parseVault('trading', 'public', 'azure').authority).toBe('https://login.microsoftonline.com');
    expect(parseVault('https://x.vault.azure.cn', undefined, 'azure').authority).toBe('https://login.chinacloudapi.cn');
    expect(parseVault('https://kv.example.com', 'usgovernment', 'azure').authority).toBe(
      'https://login.microsoftonline.us',
    );
  });

  test('of a cloud gets a token for this cloud and no other', () => {
    const { accepts } = parseVault('trading', undefined, 'azure');
    expect(accepts('https://vault.azure.net')).toBe(true);
    expect(accepts('https://vault.azure.net/')).toBe(true);
    for (const resource of [
      'https://management.azure.com',
      'https://vault.azure.cn',
      'http://vault.azure.net',
      'https://trading.vault.azure.net',
      'https://azure.net',
      'https://vault.azure.net.example.com',
      'https://vault.azure.net/x',
      '',
    ]) {
      expect(accepts(resource), resource).toBe(false);
    }
  });

  test('of no cloud gets a token for its own host or a domain above it', () => {
    const { accepts } = parseVault('https://v1.kv.example.com:8443', undefined, 'azure');
    for (const resource of ['https://kv.example.com', 'https://kv.example.com:8443', 'https://v1.kv.example.com']) {
      expect(accepts(resource), resource).toBe(true);
    }
    for (const resource of [
      'https://vault.azure.net',
      'https://other.kv.example.com',
      'https://xample.com',
      'http://kv.example.com',
      'https://kv.example.com/x',
      'https://u@kv.example.com',
      'kv.example.com',
    ]) {
      expect(accepts(resource), resource).toBe(false);
    }
  });
});
