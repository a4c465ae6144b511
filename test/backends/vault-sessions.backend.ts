import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { rejected } from '../../src/core/provider-read.contract.js';
import { parseRef } from '../../src/core/ref.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { OpenBao } from './openbao.js';
import { type VaultOptions, vaultProvider } from './vault-fixture.js';

const policy = `
path "secret/data/app/*" { capabilities = ["read", "create", "update"] }
path "secret/metadata/app/*" { capabilities = ["read", "list"] }
`;
const ref = parseRef('app/token');
const foreign = parseRef('other/token');

let server: OpenBao;
let proxy: FaultProxy;
let roleId: string;
let secretId: string;

const dataOf = (answer: Readonly<Record<string, unknown>>, part: 'data' | 'auth', name: string): string => {
  const values: unknown = answer[part];
  return typeof values === 'object' && values !== null ? String(Reflect.get(values, name)) : '';
};

beforeAll(async () => {
  server = await OpenBao.start();
  writeFileSync(join(server.folder, 'policy.hcl'), policy);
  server.run('policy', 'write', 'bot', 'policy.hcl');
  server.run('kv', 'put', '-mount=secret', 'app/token', 'value=x');
  server.run('kv', 'put', '-mount=secret', 'other/token', 'value=x');
  server.run('auth', 'enable', 'approle');
  server.run('write', 'auth/approle/role/bot', 'token_policies=bot', 'token_ttl=1h', 'secret_id_num_uses=0');
  roleId = dataOf(server.ask('read', 'auth/approle/role/bot/role-id'), 'data', 'role_id');
  secretId = dataOf(server.ask('write', '-f', 'auth/approle/role/bot/secret-id'), 'data', 'secret_id');
});
afterAll(() => server?.remove());

beforeEach(async () => {
  proxy = await FaultProxy.start(server);
});
afterEach(() => proxy.stop());

const vault = (env: Readonly<Record<string, string>>, options: VaultOptions = {}) =>
  vaultProvider(server, options, { VAULT_ADDR: proxy.address, ...env });
const byRole = (more: Readonly<Record<string, string>> = {}) => ({
  VAULT_ROLE_ID: roleId,
  VAULT_SECRET_ID: secretId,
  ...more,
});
const calls = (part: string) => proxy.requests.filter(({ path }) => path.includes(part)).length;
const tokenOf = (options: readonly string[]) =>
  dataOf(server.ask('token', 'create', ...options), 'auth', 'client_token');
const lastToken = () => String(proxy.requests.at(-1)?.headers['x-vault-token']);

describe('signing in', () => {
  test('uses AppRole before the token, once for all who ask', async () => {
    const provider = vault(byRole({ VAULT_TOKEN: 'not-used' }));
    await Promise.all(Array.from({ length: 20 }, () => provider.read(ref)));
    expect(calls('auth/approle/login')).toBe(1);
    expect(calls('ui/mounts')).toBe(1);
  });

  test('takes the token of the environment, then the one that bao login left', async () => {
    const token = tokenOf(['-policy=bot']);
    expect(await vault({ VAULT_TOKEN: token }).read(ref)).toBeDefined();
    expect(await vault({ BAO_TOKEN: token, VAULT_TOKEN: 'second' }).read(ref)).toBeDefined();
    const file = join(server.folder, '.vault-token');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    expect(await vault({}).read(ref)).toBeDefined();
    chmodSync(file, 0o644);
    expect((await rejected(vault({}).read(ref), 'config')).advice).toContain('chmod 600');
    rmSync(file);
  });

  test('names what is missing', async () => {
    expect((await rejected(vault({}).read(ref), 'unauthenticated')).message).toContain('VAULT_TOKEN');
    const half = await rejected(vault({ VAULT_ROLE_ID: roleId }).read(ref), 'unauthenticated');
    expect(half.message).toContain('VAULT_SECRET_ID is missing');
    const other = await rejected(vault({}, { auth: 'approle' }).read(ref), 'unauthenticated');
    expect(other.message).toContain('VAULT_ROLE_ID and VAULT_SECRET_ID');
    expect((await rejected(vault({}, { auth: 'github' }).read(ref), 'config')).advice).toContain('approle');
  });

  test('says unauthenticated for ids and tokens that the server does not know', async () => {
    const wrong = await rejected(vault(byRole({ VAULT_SECRET_ID: 'canary-wrong' })).read(ref), 'unauthenticated');
    expect(`${wrong.message}${wrong.advice}`).not.toContain('canary-wrong');
    await rejected(vault({ VAULT_TOKEN: 'canary-wrong' }).read(ref), 'unauthenticated');
  });

  test('unwraps a secret id once, and reports one that somebody else has unwrapped', async () => {
    const wrap = (...of: readonly string[]) => {
      const answer = server.ask('write', '-wrap-ttl=5m', ...(of.length === 1 ? ['-f'] : []), ...of);
      const info: unknown = answer['wrap_info'];
      return typeof info === 'object' && info !== null ? String(Reflect.get(info, 'token')) : '';
    };
    const wrapping = wrap('auth/approle/role/bot/secret-id');
    const provider = vault(byRole({ VAULT_SECRET_ID: wrapping }), { wrappedSecretId: true });
    await provider.read(ref);
    server.run('token', 'revoke', lastToken());
    expect(await provider.read(ref)).toBeDefined();
    expect(calls('wrapping/unwrap')).toBe(1);
    const second = vault(byRole({ VAULT_SECRET_ID: wrapping }), { wrappedSecretId: true });
    expect((await rejected(second.read(ref), 'unauthenticated')).advice).toContain('revoke');
    expect(calls('wrapping/unwrap')).toBe(1);
    const exchanged = wrap('sys/wrapping/wrap', `secret_id=${secretId}`);
    const third = vault(byRole({ VAULT_SECRET_ID: exchanged }), { wrappedSecretId: true });
    await rejected(third.read(ref), 'integrity');
    expect(calls('wrapping/unwrap')).toBe(1);
  });

  test('works by userpass and by files of credentials', async () => {
    server.run('auth', 'enable', '-path=people', 'userpass');
    server.run('write', 'auth/people/users/ann', 'password=correct horse', 'token_policies=bot');
    const file = (name: string, text: string) => writeFileSync(join(server.folder, name), text, { mode: 0o600 });
    file('password', 'correct horse\n');
    file('role', roleId);
    file('secret', secretId);
    const ann = { auth: 'userpass', authMount: 'people', username: 'ann', passwordFile: 'password' };
    expect(await vault({}, ann).read(ref)).toBeDefined();
    expect(await vault({}, { roleIdFile: 'role', secretIdFile: 'secret' }).read(ref)).toBeDefined();
    expect(
      await vault({ VAULT_ROLE_ID: roleId, VAULT_SECRET_ID_FILE: join(server.folder, 'secret') }).read(ref),
    ).toBeDefined();
  });

  test('works by a signed token of another issuer', async () => {
    const { generateKeyPairSync, sign } = await import('node:crypto');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(server.folder, 'issuer.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    server.run('auth', 'enable', 'jwt');
    server.run('write', 'auth/jwt/config', 'jwt_validation_pubkeys=@issuer.pub');
    const bound = ['bound_audiences=vault', 'user_claim=sub', 'role_type=jwt', 'token_policies=bot'];
    server.run('write', 'auth/jwt/role/bot', ...bound);
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(Date.now() / 1000);
    const claims = encode({ sub: 'bot', aud: 'vault', iat: seconds, exp: seconds + 600 });
    const text = `${encode({ alg: 'ES256', typ: 'JWT' })}.${claims}`;
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const jwt = `${text}.${signature.toString('base64url')}`;
    expect(await vault({ VAULT_JWT: jwt }, { auth: 'jwt', role: 'bot' }).read(ref)).toBeDefined();
    writeFileSync(join(server.folder, 'jwt'), jwt);
    const asKubernetes = { auth: 'kubernetes', authMount: 'jwt', role: 'bot', jwtFile: 'jwt' };
    expect(await vault({}, asKubernetes).read(ref)).toBeDefined();
    await rejected(vault({ VAULT_JWT: jwt }, { auth: 'jwt', role: 'unknown' }).read(ref), 'unauthenticated');
  });
});

describe('a refusal', () => {
  test('of a revoked token is answered by signing in again, unnoticed by the reader', async () => {
    const provider = vault(byRole());
    await provider.read(ref);
    server.run('token', 'revoke', lastToken());
    const answers = await Promise.all(Array.from({ length: 10 }, () => provider.read(ref)));
    expect(answers.every((answer) => answer !== undefined)).toBe(true);
    expect(calls('auth/approle/login')).toBe(2);
  });

  test('by a policy is denied, and signs in no second time', async () => {
    const provider = vault(byRole());
    await provider.read(ref);
    const error = await rejected(provider.read(foreign), 'denied');
    expect(error.message).toContain('secret/data/other/token');
    expect(error.advice).toContain('vault token capabilities secret/data/other/token');
    expect(calls('auth/approle/login')).toBe(1);
  });

  test('of a token that was handed over and is revoked is unauthenticated, until another one is there', async () => {
    const file = join(server.folder, 'token');
    const token = tokenOf(['-policy=bot']);
    writeFileSync(file, token);
    const provider = vault({}, { tokenFile: 'token' });
    await provider.read(ref);
    server.run('token', 'revoke', token);
    await rejected(provider.read(ref), 'unauthenticated');
    writeFileSync(file, tokenOf(['-policy=bot']));
    expect(await provider.read(ref)).toBeDefined();
  });

  test('of a token that may not look at itself signs in once, not with every read', async () => {
    server.run('write', 'auth/approle/role/blind', 'token_policies=bot', 'token_no_default_policy=true');
    const id = dataOf(server.ask('read', 'auth/approle/role/blind/role-id'), 'data', 'role_id');
    const secret = dataOf(server.ask('write', '-f', 'auth/approle/role/blind/secret-id'), 'data', 'secret_id');
    const provider = vault({ VAULT_ROLE_ID: id, VAULT_SECRET_ID: secret });
    await provider.read(ref);
    for (let i = 0; i < 5; i += 1) await rejected(provider.read(foreign), 'denied');
    expect(calls('auth/approle/login')).toBe(2);
    expect(await provider.read(ref)).toBeDefined();
  });
});

describe('a credential', () => {
  test('of the environment goes to no server but the one that the environment names', async () => {
    const other = await FaultProxy.start(server);
    for (const env of [byRole(), { VAULT_TOKEN: server.rootToken }]) {
      const elsewhere = vaultProvider(server, { address: other.address }, env);
      const error = await rejected(elsewhere.read(ref), 'config');
      expect(error.advice).toContain('VAULT_ADDR');
      await rejected(vault(env, { address: other.address }).read(ref), 'config');
    }
    expect(other.requests).toEqual([]);
    writeFileSync(join(server.folder, 'token'), server.rootToken);
    expect(await vault({}, { address: other.address, tokenFile: 'token' }).read(ref)).toBeDefined();
    expect(await vault({ VAULT_TOKEN: server.rootToken }, { address: proxy.address }).read(ref)).toBeDefined();
    await other.stop();
  });
});

describe('a server', () => {
  test('that is sealed is an outage, and is used again when it is open', async () => {
    const provider = vault({ VAULT_TOKEN: server.rootToken });
    await provider.read(ref);
    server.run('operator', 'seal');
    try {
      await rejected(provider.read(ref), 'unavailable');
      const health = await provider.health();
      expect(health.status).toBe('unhealthy');
      expect(health.findings[0]?.fix).toContain('vault operator unseal');
    } finally {
      server.unseal();
    }
    expect(await provider.read(ref)).toBeDefined();
  });

  test('that is not followed in a variable is refused by the name of the variable', async () => {
    for (const name of ['VAULT_HTTP_PROXY', 'VAULT_WRAP_TTL', 'VAULT_MFA', 'BAO_HEADERS', 'VAULT_RATE_LIMIT']) {
      const error = await rejected(vault({ VAULT_TOKEN: server.rootToken, [name]: '1' }).read(ref), 'config');
      expect(error.message).toContain(name);
    }
    expect(proxy.requests).toEqual([]);
  });

  test('is healthy, with a word on proxies that are not used', async () => {
    const env = { VAULT_TOKEN: server.rootToken, HTTPS_PROXY: 'http://127.0.0.1:9' };
    const health = await vault(env).health();
    expect(health).toMatchObject({ status: 'healthy', findings: [{ severity: 'info' }] });
    expect(await vault(env).read(ref)).toBeDefined();
  });

  test('is asked with as little as a policy for reading gives', async () => {
    const { write } = vault(byRole());
    expect(await write(parsePath('app/new'), { payload: (await vault(byRole()).read(ref))?.payload })).toBeDefined();
    await rejected(vault(byRole()).remove(ref, { mode: 'purge' }), 'denied');
    const input = { payload: textPayload('y'), metadata: { owner: 'trading' } };
    const half = await rejected(vault(byRole()).write(parsePath('app/half'), input), 'denied');
    expect(half.message).toContain('version 1 of app/half was written');
  });
});
