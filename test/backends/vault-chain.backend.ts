import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSecrets } from '../../src/compose/open-secrets.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { Laptop } from '../system/cli.js';
import { OpenBao } from './openbao.js';

const policy = 'path "secret/data/exchange/*" { capabilities = ["read"] }';

let server: OpenBao;
let proxy: FaultProxy;
let laptop: Laptop;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await OpenBao.start();
  server.run('kv', 'put', '-mount=secret', 'exchange/binance', 'api_key=of-vault', 'api_secret=s3cret');
  server.run('kv', 'put', '-mount=secret', 'app/secret_key', 'value=of-vault');
  await server.api('PUT', 'sys/policies/acl/exchange', { policy });
});
afterAll(() => server?.remove());

beforeEach(async () => {
  laptop = new Laptop();
  proxy = await FaultProxy.start(server);
  env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: server.rootToken, APP_SECRET_KEY: 'of-environment' };
});
afterEach(async () => {
  laptop.remove();
  await proxy.stop();
});

const configure = (environment: string, link: string) =>
  laptop.write('keyward.yaml', `environment: ${environment}\nproviders:\n  - vault: ${link}\n  - env: {}\n`);
const get = (path: string, more: Readonly<Record<string, string>> = {}) =>
  laptop.run(['get', path], { env: { ...env, ...more } });

/** One that may read the exchanges and nothing else. */
function exchangeToken(): string {
  const created: unknown = server.ask('token', 'create', '-policy=exchange')['auth'];
  return typeof created === 'object' && created !== null ? String(Reflect.get(created, 'client_token')) : '';
}

describe('Vault before the environment', () => {
  test('answers documents, their fields and single secrets, and what it lacks comes from the environment', async () => {
    configure('production', '{}');
    expect((await get('exchange/binance/api_key')).stdout).toBe('of-vault');
    expect((await get('exchange/binance#api_secret')).stdout).toBe('s3cret');
    expect((await get('app/secret_key')).stdout).toBe('of-vault');
    expect((await get('app/jwt_secret', { JWT_SECRET: 'of-environment' })).stdout).toBe('of-environment');
    expect((await get('app/nowhere')).status).toBe(3);
  });

  test('is asked without a configuration in development, and not in production', async () => {
    expect((await get('app/secret_key', { KEYWARD_ENV: 'development' })).stdout).toBe('of-vault');
    expect((await get('app/secret_key', { KEYWARD_ENV: 'production' })).stdout).toBe('of-environment');
  });

  test('is shown by status and explain', async () => {
    configure('development', '{}');
    const status = await laptop.ok(['status'], { env });
    expect(status.stdout).toMatch(/healthy\s+vault/);
    const explain = await laptop.ok(['explain', 'app/jwt_secret'], { env: { ...env, JWT_SECRET: 'x' } });
    expect(explain.stdout).toMatch(/vault.*does not hold/);
    expect(status.stdout + explain.stdout).not.toContain(server.rootToken);
  });

  test('that is down stops in production, and lets the environment stand in where the link says so', async () => {
    configure('production', '{}');
    await proxy.spoil({ kind: 'refuse' });
    expect(await get('app/secret_key')).toMatchObject({ status: 5, stdout: '' });
    configure('production', '{ onUnavailable: next }');
    expect(await get('app/secret_key')).toMatchObject({ status: 0, stdout: 'of-environment' });
  });

  test('that is replaced by a page, a redirect or a refusal never lets the environment answer', async () => {
    const elsewhere = await FaultProxy.start();
    configure('development', '{ onUnavailable: next }');
    const headers = { 'content-type': 'text/html', location: `${elsewhere.address}/x` };
    for (const status of [200, 404, 302, 307]) {
      await proxy.spoil({ kind: 'answer', status, headers, body: '<html>sign in</html>' });
      const ran = await get('app/secret_key');
      expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 2, stdout: '' });
    }
    expect(elsewhere.requests).toEqual([]);
    await proxy.heal();
    expect(await get('app/secret_key', { VAULT_TOKEN: 'canary-unknown' })).toMatchObject({ status: 4, stdout: '' });
    await elsewhere.stop();
  });

  test('is checked as the identity in use, which need not be told how old a secret is', async () => {
    const inventory = 'secrets: { exchange/binance: { fields: [api_key, api_secret], rotate: 90d }, app/none: {} }';
    laptop.write('keyward.yaml', `environment: staging\nproviders: [{ vault: {} }]\n${inventory}\n`);
    const check = async (token: string) => {
      const { status, stdout } = await laptop.run(['check', '--json'], { env: { ...env, VAULT_TOKEN: token } });
      expect(status).toBe(1);
      expect(stdout).not.toContain('s3cret');
      return JSON.parse(stdout).secrets;
    };
    const missing = { path: 'app/none', state: 'missing' };
    const weak = { where: 'exchange/binance#api_secret', severity: 'warning' };
    expect(await check(server.rootToken)).toMatchObject([
      { state: 'present', isOverdue: false, findings: [weak] },
      missing,
    ]);
    expect(await check(exchangeToken())).toMatchObject([
      {
        state: 'present',
        isOverdue: true,
        findings: [weak, { cause: expect.stringContaining('as far as vault can say (') }],
      },
      { path: 'app/none', state: 'unreadable' },
    ]);
  });

  test('holds only a part: serves limits it, and without that the refusal suggests the line', async () => {
    const token = exchangeToken();
    configure('production', '{}');
    const refused = await get('app/secret_key', { VAULT_TOKEN: token });
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toContain('serves');
    configure('production', '{ serves: ["exchange/**"] }');
    expect((await get('app/secret_key', { VAULT_TOKEN: token })).stdout).toBe('of-environment');
    expect((await get('exchange/binance/api_key', { VAULT_TOKEN: token })).stdout).toBe('of-vault');
  });

  test('can be written to, field by field, with nothing of others lost', async () => {
    laptop.write('keyward.yaml', 'environment: development\nproviders: [{ vault: { prefix: "bot/{env}" } }]\n');
    await laptop.ok(['set', 'exchange/kraken', 'api_key=-'], { env, stdin: 'first' });
    await laptop.ok(['set', 'exchange/kraken/api_secret'], { env, stdin: 'single' });
    const value = (field: string, path: string) =>
      server.run('kv', 'get', '-mount=secret', `-field=${field}`, `bot/development/${path}`).trim();
    expect(value('api_key', 'exchange/kraken')).toBe('first');
    expect(value('value', 'exchange/kraken/api_secret')).toBe('single');
    expect((await laptop.ok(['list'], { env })).stdout).toContain('exchange/kraken/api_secret');
    expect((await laptop.ok(['history', 'exchange/kraken'], { env })).stdout).toMatch(/1 .* live/);
    await laptop.ok(['delete', 'exchange/kraken'], { env });
    expect((await get('exchange/kraken')).status).toBe(3);
    await laptop.ok(['undelete', 'exchange/kraken'], { env });
    expect((await get('exchange/kraken/api_key')).stdout).toBe('first');
  });

  test('that dies during a loop of 10,000 reads fails none of them, and is asked again once it is back', async () => {
    laptop.write('keyward.yaml', 'cache: { ttl: 1s, maxStale: 1h }\nproviders: [{ vault: {} }, { env: {} }]\n');
    const secrets = await openSecrets({ cwd: laptop.project, env: { ...env, HOME: laptop.home } });
    const origins = new Set<unknown>();
    const read = async () => {
      const secret = await secrets.get('app/secret_key');
      expect(secret.expose()).toBe('of-vault');
      return secret.origin;
    };
    for (let i = 0; i < 10_000; i += 1) {
      if (i === 3_000) await proxy.spoil({ kind: 'refuse' });
      origins.add((await read())?.provider);
    }
    while ((await read())?.degraded !== true) await new Promise((resolve) => setImmediate(resolve));
    await proxy.heal();
    while ((await read())?.degraded === true) await new Promise((resolve) => setImmediate(resolve));
    expect([...origins]).toEqual(['vault']);
    await secrets.close();
  });

  test('that fails when it is asked with every read gives the last good value, marked, until it is back', async () => {
    laptop.write('keyward.yaml', 'cache: { ttl: 0s, maxStale: 1h }\nproviders: [{ vault: {} }, { env: {} }]\n');
    const secrets = await openSecrets({ cwd: laptop.project, env: { ...env, HOME: laptop.home } });
    const origin = async () => (await secrets.get('app/secret_key')).origin;
    expect(await origin()).toMatchObject({ provider: 'vault', degraded: false });
    await proxy.spoil({ kind: 'refuse' });
    expect(await origin()).toMatchObject({ provider: 'vault', degraded: true });
    await proxy.heal();
    expect(await origin()).toMatchObject({ provider: 'vault', degraded: false });
    await secrets.close();
  });

  test('that is down when a program starts is stood in for by the copies of an earlier run, marked with their age', async () => {
    await laptop.ok(['init'], { env: { ...env, KEYWARD_ENV: 'development' } });
    const offline = 'cache: { maxStale: 1h, offline: true }\nproviders: [{ vault: {} }, { env: {} }]\n';
    laptop.write('keyward.yaml', offline);
    const open = () => openSecrets({ cwd: laptop.project, env: { ...env, HOME: laptop.home } });
    const before = await open();
    expect((await before.get('app/secret_key')).origin).toMatchObject({ provider: 'vault', degraded: false });
    await before.close();
    await proxy.spoil({ kind: 'refuse' });
    const after = await open();
    const kept = await after.get('app/secret_key');
    expect(kept.expose()).toBe('of-vault');
    expect(kept.origin).toMatchObject({ provider: 'vault', degraded: true });
    await expect(after.get('exchange/binance#api_secret')).rejects.toMatchObject({ code: 'unavailable' });
    await after.close();
  });
});
