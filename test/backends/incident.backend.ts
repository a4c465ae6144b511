import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSecrets } from '../../src/compose/open-secrets.js';
import { Laptop } from '../system/cli.js';
import { awsKeys, bareClient } from './aws/aws-fixture.js';
import { AwsEmulator } from './aws/emulator.js';
import { OpenBao } from './openbao.js';

type Env = Readonly<Record<string, string>>;
interface Facts {
  readonly readers: readonly {
    readonly path: string;
    readonly did: string;
    readonly principal: string;
    readonly store: string;
    readonly count: number;
  }[];
  readonly gaps: readonly { readonly cause: string }[];
  readonly sources: readonly { readonly beginsAt?: string }[];
}

const canary = 'canary-of-the-leaked-value';
let bao: OpenBao;
let moto: AwsEmulator;
let laptop: Laptop;

beforeAll(async () => {
  bao = await OpenBao.start({ isAudited: true });
  moto = await AwsEmulator.moto();
});
afterAll(async () => {
  await bao?.remove();
  await moto?.remove();
});
beforeEach(async () => {
  laptop = await Laptop.initialised();
});
afterEach(() => laptop.remove());

const configure = (principal: string, link: string) =>
  laptop.write(
    `${principal}.yaml`,
    `project: bot\nenvironment: production\nproviders: [${link}]\naudit: { file: access.log, principal: ${principal} }\nsecrets: { app/one: {}, app/two: {} }\n`,
  );

/** By a program with the library, in another process as it were. */
async function readByLibrary(configFile: string, env: Env) {
  const secrets = await openSecrets({ config: configFile, env: laptop.environment(env), cwd: laptop.project });
  expect((await secrets.get('app/one')).expose()).toBe(canary);
  await secrets.close();
}

const readByCommand = (configFile: string, env: Env) => laptop.ok(['get', 'app/one', '--config', configFile], { env });

async function reported(
  config: string,
  env: Env,
): Promise<{ facts: Facts; factsHandedIn: readonly Facts[]; text: string }> {
  const { stdout } = await laptop.ok(['incident', 'report', '--json', '--config', config], { env });
  const text = (await laptop.ok(['incident', 'report', '--config', config], { env })).stdout;
  expect(`${stdout}${text}`).not.toContain(canary);
  return { ...JSON.parse(stdout), text };
}

const named = ({ readers }: Facts) =>
  readers.flatMap(({ path, did, principal, store, count }) =>
    path === 'app/one' ? [[did, principal, store, count]] : [],
  );

const textIn = (answer: unknown, ...members: readonly string[]): string => {
  let at = answer;
  for (const member of members) at = typeof at === 'object' && at !== null ? Reflect.get(at, member) : undefined;
  return String(at);
};

test('every reader of a secret in OpenBao is named, with and without Keyward, by its own audit log in two parts', async () => {
  const audit = bao.auditFile;
  bao.run('kv', 'put', '-mount=secret', 'bot/app/one', `value=${canary}`);
  bao.run('kv', 'put', '-mount=secret', 'bot/app/two', 'value=another-one');
  await bao.api('PUT', 'sys/policies/acl/bot', { policy: 'path "secret/*" { capabilities = ["read"] }' });
  const tokenOf = (name: string) =>
    textIn(bao.ask('token', 'create', '-policy=bot', `-display-name=${name}`), 'auth', 'client_token');
  bao.run('auth', 'enable', 'approle');
  await bao.api('POST', 'auth/approle/role/batch', { token_policies: 'bot' });
  const role = textIn(await bao.api('GET', 'auth/approle/role/batch/role-id'), 'data', 'role_id');
  const secretId = textIn(await bao.api('POST', 'auth/approle/role/batch/secret-id', {}), 'data', 'secret_id');
  const direct = (token: string, place: string, headers: Env = {}) =>
    fetch(`${bao.address}/v1/${place}`, { headers: { 'x-vault-token': token, ...headers } });

  const link = 'vault: { name: kv, prefix: bot }';
  const at = { VAULT_ADDR: bao.address };
  await readByLibrary(configure('api', link), { ...at, VAULT_TOKEN: tokenOf('api') });
  await readByCommand(configure('batch', link), { ...at, VAULT_ROLE_ID: role, VAULT_SECRET_ID: secretId });
  await direct(tokenOf('mallory'), 'secret/data/bot/app/one');
  const first = readFileSync(audit);
  writeFileSync(join(bao.folder, 'audit.log.1.gz'), gzipSync(first));
  await direct('s.none', 'secret/data/bot/app/one');
  const wrapped: unknown = await (
    await direct(tokenOf('courier'), 'secret/data/bot/app/one', { 'x-vault-wrap-ttl': '60' })
  ).json();
  const unwrap = { method: 'POST', body: JSON.stringify({ token: textIn(wrapped, 'wrap_info', 'token') }) };
  await fetch(`${bao.address}/v1/sys/wrapping/unwrap`, { ...unwrap, headers: { 'x-vault-token': tokenOf('eve') } });
  await direct(tokenOf('innocent'), 'secret/data/bot/app/two');
  writeFileSync(join(bao.folder, 'audit.log.0'), readFileSync(audit).subarray(first.length));

  const env = { ...at, VAULT_TOKEN: tokenOf('security') };
  const config = configure('security', link);
  const records = ['audit.log.1.gz', 'audit.log.0'].flatMap((name) => ['--records', join(bao.folder, name)]);
  const about = ['app/one', '--related', 'none', '--yes', '--config', config];
  await laptop.ok(['incident', 'start', ...about, ...records], { env });
  const { facts, text } = await reported(config, env);
  const own = 'kv, by its own log';
  expect(named(facts)).toEqual([
    ['read', 'api', 'kv', 1],
    ['read', 'approle role_name=batch', own, 1],
    ['read', 'batch', 'kv', 1],
    ['tried', 'nobody who is known', own, 1],
    ['wrote', 'root', own, 1],
    ['read', 'token-api', own, 1],
    ['read', 'token-courier', own, 1],
    ['read', 'token-eve', own, 1],
    ['read', 'token-mallory', own, 1],
  ]);
  expect(facts.gaps).toEqual([]);
  expect(facts.sources.map(({ beginsAt }) => typeof beginsAt)).toEqual(['string', 'string', 'string', 'string']);
  expect(text).toContain('token-mallory');
  expect(text).not.toContain('token-innocent');
});

test('every reader of a secret in AWS is named, with and without Keyward, by events that came later', async () => {
  const client = bareClient(moto.address);
  const { ARN = '' } = await client.send(new sdk.CreateSecretCommand({ Name: 'bot/app/one', SecretString: canary }));
  const link = `aws: { name: sm, prefix: bot, endpoint: "${moto.address}", region: us-east-1 }`;
  await readByLibrary(configure('api', link), awsKeys);
  await readByCommand(configure('batch', link), awsKeys);
  const event = (who: string, secretId: string) => ({
    eventTime: '2026-01-01T00:00:00Z',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::123456789012:user/${who}` },
    ...{ eventSource: 'secretsmanager.amazonaws.com', eventName: 'GetSecretValue', requestParameters: { secretId } },
  });
  const trail = laptop.write(
    'trail.json.gz',
    gzipSync(
      JSON.stringify({
        Records: [event('mallory', ARN), event('eve', 'bot/app/one'), event('innocent', 'bot/app/two')],
      }),
    ),
  );
  const config = configure('security', link);
  const options = { env: awsKeys };
  await laptop.ok(['incident', 'start', 'app/one', '--related', 'none', '--yes', '--config', config], options);
  await laptop.ok(['incident', 'resume', '--records', trail, '--config', config], options);
  const { facts, factsHandedIn, text } = await reported(config, awsKeys);
  expect(named(facts)).toEqual([
    ['read', 'api', 'sm', 1],
    ['read', 'batch', 'sm', 1],
  ]);
  expect(factsHandedIn.flatMap(named)).toEqual([
    ['read', 'arn:aws:iam::123456789012:user/eve', 'sm, by its own log', 1],
    ['read', 'arn:aws:iam::123456789012:user/mallory', 'sm, by its own log', 1],
  ]);
  expect(text).toContain('user/mallory');
});
