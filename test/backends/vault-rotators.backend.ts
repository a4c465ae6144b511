import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { rotatorContract } from '../../src/lifecycle/rotation/rotators/rotator.contract.js';
import { createVaultSecretIdRotator } from '../../src/lifecycle/rotation/rotators/vault-secret-id/vault-secret-id.js';
import { createVaultTokenRotator } from '../../src/lifecycle/rotation/rotators/vault-token/vault-token.js';
import { testKilledRotations } from '../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../rotated-login.js';
import { testUntoldRotations } from '../untold-rotations.js';
import { OpenBao } from './openbao.js';

const runner = { describe, test, skip: test.skip };
const administrator = 'vault/administrator';
const day = 86_400;

let server: OpenBao;
let manager = '';
beforeAll(async () => {
  server = await OpenBao.start({ isAudited: true });
  await server.api('POST', 'sys/auth/approle', { type: 'approle' });
  await server.api('PUT', 'sys/policies/acl/bot', { policy: 'path "secret/data/bot/*" { capabilities = ["read"] }' });
  await server.api('PUT', 'sys/policies/acl/rotation', {
    policy: `
      path "auth/token/create-orphan" { capabilities = ["create", "update", "sudo"] }
      path "auth/token/lookup" { capabilities = ["create", "update"] }
      path "auth/token/revoke" { capabilities = ["create", "update"] }
      path "auth/token/create/bots" { capabilities = ["create", "update"] }
      path "auth/approle/role/+" { capabilities = ["read"] }
      path "auth/approle/role/+/role-id" { capabilities = ["read"] }
      path "auth/approle/role/+/custom-secret-id" { capabilities = ["create", "update"] }
      path "auth/approle/role/+/secret-id/lookup" { capabilities = ["create", "update"] }
      path "auth/approle/role/+/secret-id/destroy" { capabilities = ["create", "update"] }
      path "auth/token/revoke-self" { capabilities = ["create", "update"] }
    `,
  });
  await server.api('POST', 'auth/token/roles/bots', { allowed_policies: ['bot'], orphan: true, token_period: day });
  manager = await token({ policies: ['rotation', 'bot'], period: '24h' });
});
afterAll(() => server?.remove());

async function token(body: object): Promise<string> {
  const { auth } = await server.api('POST', 'auth/token/create-orphan', body);
  if (typeof auth === 'object' && auth !== null && 'client_token' in auth) return String(auth.client_token);
  throw new Error('no token was made');
}

const common = () => ({
  ...{ path: 'vault/bot', field: 'value', administrator, folder: server.folder, env: {}, clock: systemClock },
  address: server.address,
  fieldsOf: async () => Object.fromEntries(credentialOf({ token: manager })),
});

async function tokenSubject(body: object = { policies: ['bot'], ttl: '2h', meta: { team: 'bots' } }, role?: string) {
  const fields = { value: await token(body) };
  const rotator = createVaultTokenRotator({ ...common(), role });
  return {
    rotator,
    fields,
    initial: credentialOf(fields),
    isIssued: true,
    logIn: rotator.test,
    works: worksBy(rotator),
  };
}

let roles = 0;
async function secretIdSubject(settings: object = {}) {
  roles += 1;
  const role = `bot-${roles}`;
  await server.api('POST', `auth/approle/role/${role}`, { token_policies: ['bot'], ...settings });
  await server.api('POST', `auth/approle/role/${role}/custom-secret-id`, { secret_id: `first-${role}` });
  const fields = { value: `first-${role}` };
  const rotator = createVaultSecretIdRotator({ ...common(), role });
  return { rotator, role, fields, initial: credentialOf(fields), logIn: rotator.test, works: worksBy(rotator) };
}

rotatorContract(runner, 'tokens of OpenBao', async () => ({ subject: await tokenSubject() }));
rotatorContract(runner, 'tokens of OpenBao by a role', async () => ({
  subject: await tokenSubject(undefined, 'bots'),
}));
rotatorContract(runner, 'secret ids of OpenBao', async () => ({ subject: await secretIdSubject() }));
rotatorContract(runner, 'secret ids of a role that lets in other addresses only', async () => ({
  subject: await secretIdSubject({ secret_id_bound_cidrs: ['192.0.2.0/24'] }),
}));

describe('a new token', () => {
  const detailsOf = async (credential: ReadonlyMap<string, { expose(): string }>) => {
    const { data } = await server.api('POST', 'auth/token/lookup', { token: credential.get('value')?.expose() });
    return data;
  };

  test('may what the former one may, lives as long, and is nobody’s child', async () => {
    const { rotator, initial } = await tokenSubject();
    expect(await detailsOf(await rotator.generate(initial))).toMatchObject({
      policies: ['bot', 'default'],
      creation_ttl: 7200,
      renewable: true,
      orphan: true,
      meta: { team: 'bots' },
    });
    const periodic = await tokenSubject({ policies: ['bot'], period: '48h', no_default_policy: true });
    expect(await detailsOf(await periodic.rotator.generate(periodic.initial))).toMatchObject({
      policies: ['bot'],
      period: 2 * day,
    });
  });

  test('by a role is what the role says', async () => {
    const { rotator } = await tokenSubject({ policies: ['bot'] }, 'bots');
    expect(await detailsOf(await rotator.generate(undefined))).toMatchObject({
      orphan: true,
      policies: ['bot', 'default'],
      role: 'bots',
    });
  });

  test('is not made of a root token, of none, and of one that is over', async () => {
    const { rotator } = await tokenSubject();
    const refused = (value: string | undefined) =>
      rotator.generate(value === undefined ? undefined : credentialOf({ value }));
    await expect(refused(server.rootToken)).rejects.toMatchObject({ code: 'config' });
    await expect(refused(undefined)).rejects.toMatchObject({ code: 'config' });
    await expect(refused('s.gone')).rejects.toMatchObject({ name: 'KeywardError' });
  });
});

describe('a secret id', () => {
  test('of a role that counts its uses is not rotated', async () => {
    const { rotator, initial } = await secretIdSubject({ secret_id_num_uses: 3 });
    await expect(rotator.generate(initial)).rejects.toMatchObject({ code: 'config' });
  });

  test('of a role that is not there is an error of the configuration', async () => {
    const rotator = createVaultSecretIdRotator({ ...common(), role: 'none' });
    await expect(rotator.generate(undefined)).rejects.toMatchObject({ code: 'config' });
  });

  test('is tested without leaving a token behind', async () => {
    const accessors = async () => {
      const { data } = await server.api('LIST', 'auth/token/accessors');
      return JSON.stringify(data).split(',').length;
    };
    const { rotator, initial } = await secretIdSubject();
    const before = await accessors();
    await rotator.test(initial);
    expect(await accessors()).toBe(before);
  });
});

test('an administrator without the rights, or with none of the fields, is said as such', async () => {
  const stranger = await token({ policies: ['bot'] });
  const by = (fields: Readonly<Record<string, string>>) =>
    createVaultTokenRotator({ ...common(), fieldsOf: async () => Object.fromEntries(credentialOf(fields)) });
  const { initial } = await tokenSubject();
  await expect(by({ token: stranger }).generate(initial)).rejects.toMatchObject({ code: 'denied' });
  await expect(by({ password: 'x' }).generate(initial)).rejects.toMatchObject({ code: 'config' });
  await expect(by({ token: 's.nothing' }).generate(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
});

describeRotatedLogins({ evidence: 'vault-token', kind: 'overlap', make: () => tokenSubject(), daily: 300 });
describeRotatedLogins({ evidence: 'vault-secret-id', kind: 'overlap', make: () => secretIdSubject(), daily: 300 });

testKilledRotations('vault-token', {
  kind: 'overlap',
  async make() {
    const { fields, works } = await tokenSubject();
    const rotator = {
      'vault-token': { address: server.address, administrator: 'app/administrator', allowPlaintext: true },
    };
    return { rotator, fields, works, administrator: { token: manager } };
  },
});
testKilledRotations('vault-secret-id', {
  kind: 'overlap',
  async make() {
    const { fields, works, role } = await secretIdSubject();
    const settings = { address: server.address, administrator: 'app/administrator', role };
    return { rotator: { 'vault-secret-id': settings }, fields, works, administrator: { token: manager } };
  },
});

/** Of the requests of its test alone. */
async function untold(rotator: object, fields: Readonly<Record<string, string>>) {
  const { size } = statSync(server.auditFile);
  return {
    rotator,
    fields,
    administrator: { token: manager },
    stranger: { token: await token({ policies: ['bot'] }) },
    noted: async () => ({ audit: readFileSync(server.auditFile).subarray(size), log: server.process.log }),
    saying: 'hmac-sha256:',
  };
}
testUntoldRotations('OpenBao of tokens', async () => {
  const settings = { address: server.address, administrator: 'app/administrator', allowPlaintext: true };
  return untold({ 'vault-token': settings }, (await tokenSubject()).fields);
});
testUntoldRotations('OpenBao of secret ids', async () => {
  const { fields, role } = await secretIdSubject();
  const settings = { address: server.address, administrator: 'app/administrator', role };
  return untold({ 'vault-secret-id': settings }, fields);
});
