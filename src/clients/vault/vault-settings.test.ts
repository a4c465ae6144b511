import { describe, expect, test } from 'vitest';
import { type VaultConnection, vaultSettings } from './vault-settings.js';

const address = 'https://vault.example.com:8200';
const settings = (connection: VaultConnection, env: Readonly<Record<string, string>> = {}) =>
  vaultSettings(connection, env, 'vault');
const refused = (connection: VaultConnection, env: Readonly<Record<string, string>>, part: string) =>
  expect(() => settings(connection, env)).toThrow(
    expect.objectContaining({ code: 'config', message: expect.stringContaining(part) }),
  );

describe('settings of Vault', () => {
  test('come from the configuration, then BAO_ variables, then VAULT_ variables', () => {
    const env = { VAULT_ADDR: 'https://vault.one', BAO_ADDR: 'https://vault.two', VAULT_NAMESPACE: 'team/' };
    expect(settings({}, env)).toMatchObject({ address: { origin: 'https://vault.two' }, namespace: 'team' });
    expect(settings({ address, namespace: 'a/b' }, env)).toMatchObject({
      address: { origin: address },
      namespace: 'a/b',
    });
    expect(settings({}, { ...env, BAO_ADDR: '' }).address.origin).toBe('https://vault.one');
    expect(settings({}, { ...env, VAULT_AGENT_ADDR: 'http://127.0.0.1:8100' }).address.origin).toBe(
      'http://127.0.0.1:8100',
    );
  });

  test('say whether the environment names the server too', () => {
    expect(settings({}, { VAULT_ADDR: address }).isOfEnvironment).toBe(true);
    expect(settings({ address: `${address}/` }, { VAULT_ADDR: address }).isOfEnvironment).toBe(true);
    expect(settings({ address }, {}).isOfEnvironment).toBe(false);
    expect(settings({ address }, { VAULT_ADDR: 'https://vault.example.com:8201' }).isOfEnvironment).toBe(false);
    expect(settings({ address }, { VAULT_ADDR: 'nonsense' }).isOfEnvironment).toBe(false);
  });

  test('name a socket of this machine by its path', () => {
    const socket = 'unix:///run/vault/agent.sock';
    expect(settings({}, { VAULT_ADDR: socket })).toMatchObject({
      address: { origin: socket, socketPath: '/run/vault/agent.sock', isTls: false },
      isOfEnvironment: true,
    });
    expect(settings({ address: socket }, { VAULT_ADDR: 'unix:///run/other.sock' }).isOfEnvironment).toBe(false);
    for (const none of ['unix://agent.sock', 'unix://', 'unix:/run/a.sock']) refused({ address: none }, {}, 'address:');
  });

  test('show a client certificate to no server but the one of the environment', () => {
    const env = { VAULT_CLIENT_CERT: '/c.pem', VAULT_CLIENT_KEY: '/k.pem' };
    expect(settings({ address }, env).clientCertificate).toBeUndefined();
    expect(settings({}, { ...env, VAULT_ADDR: address }).clientCertificate).toEqual({
      certificate: '/c.pem',
      key: '/k.pem',
    });
    refused({ address }, { VAULT_CLIENT_CERT: '/c.pem' }, 'VAULT_CLIENT_KEY');
  });

  test('name one place of authorities, the one of the configuration first', () => {
    const env = { VAULT_ADDR: address, VAULT_CACERT: '/ca.pem', VAULT_CAPATH: '/cas' };
    expect(settings({ ca: '/own.pem' }, env)).toMatchObject({ caFile: '/own.pem', caFolder: undefined });
    expect(settings({}, env)).toMatchObject({ caFile: '/ca.pem', caFolder: '/cas' });
  });

  test('read times and numbers as the command line does', () => {
    const timeout = (text: string) => settings({ address }, { VAULT_CLIENT_TIMEOUT: text }).timeoutMs;
    expect([settings({ address }).timeoutMs, timeout('30'), timeout('5s'), timeout('2m')]).toEqual([
      60_000, 30_000, 5_000, 120_000,
    ]);
    for (const text of ['0', '-1', 'soon', '1.5s'])
      refused({ address }, { VAULT_CLIENT_TIMEOUT: text }, 'VAULT_CLIENT_TIMEOUT');
    expect(settings({ address }, { VAULT_MAX_RETRIES: '0' }).maxRetries).toBe(0);
    refused({ address }, { VAULT_MAX_RETRIES: 'many' }, 'VAULT_MAX_RETRIES');
    expect(settings({ address }, { VAULT_DISABLE_REDIRECTS: 'true' }).followRedirects).toBe(false);
  });

  test('refuse by name what cannot be followed, and a switch only when it is on', () => {
    const names = ['SKIP_VERIFY', 'HTTP_PROXY', 'PROXY_ADDR', 'SRV_LOOKUP', 'WRAP_TTL', 'MFA', 'HEADERS', 'RATE_LIMIT'];
    for (const name of names) {
      refused({ address }, { [`VAULT_${name}`]: 'true' }, `VAULT_${name}`);
      refused({ address }, { [`BAO_${name}`]: '1' }, `BAO_${name}`);
    }
    for (const off of ['0', 'false', 'F', '']) expect(settings({ address }, { VAULT_SKIP_VERIFY: off })).toBeDefined();
  });

  test('refuse a missing server, one in the clear, and a namespace that is none', () => {
    refused({}, {}, 'nothing says where');
    refused({}, { VAULT_ADDR: 'http://vault.example.com' }, 'VAULT_ADDR');
    expect(settings({ address: 'http://vault.example.com', allowPlaintext: true }).address.isTls).toBe(false);
    for (const namespace of ['a b', 'a\r\nX-Vault-Token: t', 'a//b', 'ü'])
      refused({ address, namespace }, {}, 'namespace');
  });
});
