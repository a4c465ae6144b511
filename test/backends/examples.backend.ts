import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSecrets } from '../../src/compose/open-secrets.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { awsKeys, bareClient } from './aws/aws-fixture.js';
import { AwsEmulator } from './aws/emulator.js';
import { idleFunction } from './aws/idle-function.js';
import { AzureStandIn } from './azure/azure-stand-in.js';
import { BuiltExample } from './built-example.js';
import { Drongo } from './gcp/drongo.js';
import { putSecret } from './gcp/gcp-fixture.js';
import { GcpFront } from './gcp/gcp-front.js';
import { Kubernetes } from './kubernetes.js';
import { OpenBao } from './openbao.js';
import { RedisServer } from './redis-server.js';

type Env = Readonly<Record<string, string>>;

const postgres = ['host=db.internal', 'port=5433', 'user=bot', 'password=pg-password', 'database=bot'];
const production = { secret_key: 'of-key', db_password: 'of-db', redis_password: 'of-redis', jwt_secret: 'of-jwt' };

let example: BuiltExample;

beforeAll(async () => {
  example = await BuiltExample.build('stores');
});
afterAll(() => example?.remove());

const using = (name: string, env: Env = {}): Env => ({ KEYWARD_CONFIG: `${name}.keyward.yaml`, ...env });
const signature = (key: string) => createHmac('sha256', key).update('symbol=BTCUSDT&side=BUY').digest('hex');
const signed = (store: string, key: string, secret: string, testnet: boolean) =>
  `binance: keys from ${store}, ${key.length} bytes, testnet ${testnet}\nsignature ${signature(secret)}\n`;
const values = async (refs: readonly string[], env: Env) => {
  const found: string[] = [];
  for (const ref of refs) found.push(await example.keyward(['get', ref], env));
  return found;
};
const fields = async (path: string, env: Env) => JSON.parse(await example.keyward(['get', path, '--json'], env)).fields;

/** A migration lists in the configuration what it moved; the next test finds it as it was. */
function keepConfig(name: string): void {
  const before = readFileSync(`${example.folder}/${name}.keyward.yaml`, 'utf8');
  onTestFinished(() => example.write(`${name}.keyward.yaml`, before));
}

/** Creates secrets as `aws secretsmanager create-secret` does. */
async function createSecrets(moto: AwsEmulator, secrets: Env): Promise<void> {
  const client = bareClient(moto.address);
  for (const [Name, SecretString] of Object.entries(secrets))
    await client.send(new sdk.CreateSecretCommand({ Name, SecretString }));
}
const awsEnv = (moto: AwsEmulator): Env => ({ ...awsKeys, AWS_ENDPOINT_URL: moto.address });

describe('Vault', () => {
  let server: OpenBao;
  let env: Env;
  beforeAll(async () => {
    server = await OpenBao.start();
    server.run('kv', 'put', 'secret/exchange/binance', 'api_key=of-vault', 'api_secret=s3cret', 'testnet=false');
    server.run('kv', 'put', 'secret/crypto-pipeline/kraken', 'api_key=kraken-key', 'api_secret=kraken-s3cret');
    server.run('kv', 'put', 'secret/database/postgres', ...postgres);
    env = using('vault', { VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken });
  });
  afterAll(() => server?.remove());

  test('with a token gives credentials of both layouts, and texts as the texts that they are', async () => {
    expect(await example.node(['sign.mjs', 'binance'], env)).toBe(signed('vault', 'of-vault', 's3cret', false));
    expect(await example.node(['sign.mjs', 'kraken'], env)).toContain(signature('kraken-s3cret'));
    expect(await fields('exchange/binance', env)).toEqual({
      api_key: 'of-vault',
      api_secret: 's3cret',
      testnet: 'false',
    });
  });

  test('with a token gives settings from a document, and defaults for what it lacks', async () => {
    const hidden = 'password ***REDACTED*** of 11 bytes';
    expect(await example.node(['settings.mjs'], env)).toBe(`bot@db.internal:5433, ${hidden}\n`);
    server.run('kv', 'put', 'secret/database/postgres', 'password=pg-password');
    expect(await example.node(['settings.mjs'], env)).toBe(`dsta@localhost:5432, ${hidden}\n`);
  });

  test('with a token is written to as by its own command', async () => {
    await example.keyward(['set', 'exchange/okx', 'testnet=false', '--generate', 'api_key=hex:16'], env);
    const { data } = Object(server.ask('kv', 'get', 'secret/exchange/okx')['data']);
    expect(data).toEqual({ testnet: 'false', api_key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await example.keyward(['get', 'exchange/okx/api_key'], env)).toBe(data.api_key);
    expect(await example.keyward(['status'], env)).toMatch(/healthy\s+vault/);
  });

  test('takes what a file .env holds, as the loop of `vault kv put` would, once', async () => {
    keepConfig('vault');
    example.write('.env', 'GATEIO_API_KEY=of-file\nGATEIO_API_SECRET="s3 cret=#"\nREDIS_PASSWORD=of-redis\n');
    const migrate = ['migrate', '.env', '--to', 'vault', '--yes'];
    await example.keyward(migrate, env);
    const { data } = Object(server.ask('kv', 'get', 'secret/exchange/gateio')['data']);
    expect(data).toEqual({ api_key: 'of-file', api_secret: 's3 cret=#' });
    expect(await example.node(['sign.mjs', 'gateio'], env)).toContain(signature('s3 cret=#'));
    await example.keyward(migrate, env);
    const { metadata } = Object(server.ask('kv', 'get', 'secret/exchange/gateio')['data']);
    expect(metadata.version).toBe(1);
  });

  test('in a namespace is the same with VAULT_NAMESPACE', async () => {
    server.run('namespace', 'create', 'dsta');
    server.run('secrets', 'enable', '-namespace=dsta', '-path=secret', '-version=2', 'kv');
    server.run('kv', 'put', '-namespace=dsta', 'secret/exchange/binance', 'api_key=of-dsta', 'api_secret=x');
    expect(await example.keyward(['get', 'exchange/binance/api_key'], { ...env, VAULT_NAMESPACE: 'dsta' })).toBe(
      'of-dsta',
    );
  });

  test('with AppRole gives what lies in engines of other names, under a policy for reading', async () => {
    const pairs = Object.entries(production).map((pair) => pair.join('='));
    server.run('secrets', 'enable', '-version=2', 'kv');
    server.run('secrets', 'enable', '-path=neural', 'kv-v2');
    server.run('kv', 'put', 'kv/vantage/config', 'api_key=of-vantage', 'clickhouse_password=click');
    server.run('kv', 'put', 'neural/production', ...pairs);
    const policy = ['kv/data/vantage/*', 'neural/data/production'].map(
      (path) => `path "${path}" { capabilities = ["read"] }`,
    );
    await server.api('PUT', 'sys/policies/acl/reader', { policy: policy.join('\n') });
    server.run('auth', 'enable', 'approle');
    server.run('write', 'auth/approle/role/reader', 'token_policies=reader', 'token_ttl=1h', 'token_max_ttl=4h');
    const asked = (...args: readonly string[]) => server.run(...args).trim();
    const role = using('vault-approle', {
      VAULT_ADDR: server.address,
      VAULT_ROLE_ID: asked('read', '-field=role_id', 'auth/approle/role/reader/role-id'),
      VAULT_SECRET_ID: asked('write', '-f', '-field=secret_id', 'auth/approle/role/reader/secret-id'),
    });
    const refs = ['vantage/config#api_key', 'vantage/config/clickhouse_password', 'production#redis_password'];
    expect(await values(refs, role)).toEqual(['of-vantage', 'click', 'of-redis']);
    expect(await fields('production', role)).toEqual(production);
    expect(await example.node(['read.mjs', 'vantage/config#api_key', 'production#jwt_secret'], role)).toBe(
      'vantage/config#api_key: 10 bytes from vantage\nproduction#jwt_secret: 6 bytes from neural\n',
    );
  });
});

describe('AWS', () => {
  const bundle = {
    binance_api_key: 'of-bundle',
    binance_api_secret: 'bundled',
    kraken_api_key: 'k',
    kraken_api_secret: 's',
  };
  let moto: AwsEmulator;
  let ministack: AwsEmulator;
  let env: Env;
  beforeAll(async () => {
    moto = await AwsEmulator.moto();
    ministack = await AwsEmulator.ministack();
    await createSecrets(ministack, { 'vantage/api-key': 'of-vantage' });
    await createSecrets(moto, {
      'dsta/exchange/gateio': '{"api_key":"of-dsta","api_secret":"s3cret"}',
      'dsta/database/postgres/password': 'of-dsta',
      'crypto-pipeline/exchange-keys': JSON.stringify(bundle),
      'vantage/api-key': 'of-vantage',
      'neural/production': JSON.stringify(production),
    });
    env = using('aws', awsEnv(moto));
  });
  afterAll(async () => {
    await moto?.remove();
    await ministack?.remove();
  });

  test('gives single secrets, documents and fields, with a prefix and without', async () => {
    const refs = ['database/postgres/password', 'vantage/api-key', 'neural/production#secret_key'];
    expect(await values(refs, env)).toEqual(['of-dsta', 'of-vantage', 'of-key']);
    expect(await example.node(['read.mjs', ...refs, 'vantage/clickhouse-password'], env)).toBe(
      `${refs[0]}: 7 bytes from dsta\n${refs[1]}: 10 bytes from aws\n${refs[2]}: 6 bytes from aws\nvantage/clickhouse-password: not_found\n`,
    );
    expect(await fields('neural/production', env)).toEqual(production);
  });

  test('is written to as by its own command', async () => {
    const generate = ['--generate', 'secret_key=hex:32', '--generate', 'db_password=hex:32'];
    await example.keyward(['set', 'neural/staging', ...generate], env);
    const command = new sdk.GetSecretValueCommand({ SecretId: 'neural/staging' });
    const { SecretString = '' } = await bareClient(moto.address).send(command);
    expect(Object.keys(JSON.parse(SecretString))).toEqual(['secret_key', 'db_password']);
    expect(JSON.parse(SecretString)).toEqual(await fields('neural/staging', env));
  });

  test('takes what a file .env holds, as the loop of `aws secretsmanager create-secret` would, under the names of rules', async () => {
    keepConfig('aws');
    example.write(
      '.env',
      'VANTAGE_API_KEY="of = file"\nAPI_KEY=of-query\nWORKER_CLICKHOUSE_PASSWORD=click\nLOG_LEVEL=info\n',
    );
    const own = using('aws', awsEnv(ministack));
    const migrate = ['migrate', '.env', '--map', 'vantage.rules.yaml', '--to', 'aws', '--overwrite', '--yes'];
    await example.keyward(migrate, own);
    const refs = ['vantage/api-key', 'vantage/query-api-key', 'vantage/clickhouse-password'];
    const held = async () => {
      const asked = refs.map((SecretId) =>
        bareClient(ministack.address).send(new sdk.GetSecretValueCommand({ SecretId })),
      );
      return (await Promise.all(asked)).map(({ SecretString, VersionId }) => ({ SecretString, VersionId }));
    };
    const first = await held();
    expect(first.map(({ SecretString }) => SecretString)).toEqual(['of = file', 'of-query', 'click']);
    await example.keyward(migrate, own);
    expect(await held()).toEqual(first);
    expect(await example.node(['read.mjs', 'vantage/clickhouse-password'], own)).toContain('5 bytes from aws');
  });

  test('gives its values to a program as variables', async () => {
    const print = 'console.log(process.env.BINANCE_API_KEY, process.env.BINANCE_API_SECRET)';
    expect(await example.keyward(['run', '--', process.execPath, '-e', print], env)).toBe('of-bundle bundled\n');
  });

  test('rotates by itself, by a function that is named once, and says when', async () => {
    const own = using('aws', awsEnv(ministack));
    const lambda = 'arn:aws:lambda:us-east-1:123456789012:function:rotate-secret';
    const path = 'vantage/api-key';
    await example.keyward(['rotation', 'start', path, '--every', '90d', '--function', lambda], own);
    const client = bareClient(ministack.address);
    const described = await client.send(new sdk.DescribeSecretCommand({ SecretId: path }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: lambda });
    expect(described.RotationRules).toEqual({ AutomaticallyAfterDays: 90 });
    const status = await example.keyward(['rotation', 'status', path], own);
    expect(status).toMatch(/rotates by itself +every 90 days\nby +arn:aws:lambda/);
    expect(await example.node(['rotate.mjs', path, '30'], own)).toContain('every 30 days');
  });

  test('gives credentials from a document of their own, and from the bundle of all exchanges', async () => {
    expect(await example.node(['sign.mjs', 'gateio'], env)).toContain(signature('s3cret'));
    expect(await example.node(['sign.mjs', 'binance'], env)).toBe(signed('aws', 'of-bundle', 'bundled', false));
  });

  test('loads the bundle into the environment where it is switched on, and changes nothing that is set', async () => {
    example.write('app.mjs', 'console.log(process.env.BINANCE_API_KEY, process.env.BINANCE_API_SECRET);');
    const load = (more: Env) => example.node(['load-into-env.mjs', 'app.mjs'], { ...env, ...more });
    expect(await load({})).toBe('set: nothing; kept: nothing\nundefined undefined\n');
    expect(await load({ USE_AWS_SECRETS: 'false' })).toBe('set: nothing; kept: nothing\nundefined undefined\n');
    expect(await load({ USE_AWS_SECRETS: 'true', BINANCE_API_KEY: 'mine' })).toBe(
      'set: BINANCE_API_SECRET; kept: BINANCE_API_KEY\nmine bundled\n',
    );
  });
});

describe('Google', () => {
  let server: Drongo;
  let front: GcpFront;
  beforeAll(async () => {
    server = await Drongo.start();
    front = await GcpFront.start(server.address);
    example.adapt('gcp.keyward.yaml', '{ project', `{ endpoint: "${front.address}", project`);
  });
  afterAll(async () => {
    await front?.stop();
    await server?.remove();
  });

  test('gives and takes secrets whose names have dashes', async () => {
    const secrets = { 'secret-key': 'of-key', 'db-password': 'of-db', 'vantage-api-key': 'of-vantage' };
    for (const [id, text] of Object.entries(secrets))
      await putSecret(front.address, 'projects/neural-project', id, Buffer.from(text));
    const refs = ['secret_key', 'db-password', 'vantage/api_key'];
    expect(await values(refs, using('gcp'))).toEqual(['of-key', 'of-db', 'of-vantage']);
    expect(await example.node(['read.mjs', 'secret_key', 'jwt_secret'], using('gcp'))).toBe(
      'secret_key: 6 bytes from gcp\njwt_secret: not_found\n',
    );
    expect(await values(['secret_key@1'], using('gcp'))).toEqual(['of-key']);
    await example.keyward(['set', 'jwt_secret', '--generate', 'hex:32'], using('gcp'));
    const secret = `${front.address}/v1/projects/neural-project/secrets/jwt-secret`;
    const { payload } = JSON.parse(await (await fetch(`${secret}/versions/latest:access`)).text());
    expect(await values(['jwt_secret'], using('gcp'))).toEqual([Buffer.from(payload.data, 'base64').toString()]);
  });
});

describe('Azure', () => {
  let server: AzureStandIn;
  beforeAll(async () => {
    server = await AzureStandIn.start();
    example.adapt('azure.keyward.yaml', 'vault: neural-vault', `vault: "${server.address}", ca: ${server.caFile}`);
  });
  afterAll(() => server?.remove());

  test('gives and takes secrets whose names have dashes', async () => {
    const secrets = { 'secret-key': 'of-key', 'db-password': 'of-db', 'vantage-api-key': 'of-vantage' };
    for (const [name, value] of Object.entries(secrets)) server.state.seed(name, { value });
    const env = using('azure', server.tokens.env);
    const refs = ['secret_key', 'db-password', 'vantage/api_key'];
    expect(await values(refs, env)).toEqual(['of-key', 'of-db', 'of-vantage']);
    expect(await example.node(['read.mjs', 'secret_key', 'jwt_secret'], env)).toBe(
      'secret_key: 6 bytes from azure\njwt_secret: not_found\n',
    );
    await example.keyward(['set', 'jwt_secret', '--generate', 'hex:32'], env);
    expect(await values(['jwt_secret'], env)).toEqual([server.state.newest('jwt-secret')?.value]);
  });
});

describe('Kubernetes', () => {
  let server: Kubernetes;
  let env: Env;
  beforeAll(async () => {
    server = await Kubernetes.start();
    const namespace = server.namespace('neural-prod');
    example.write('kubeconfig', server.kubeconfig({ namespace }));
    const create = (name: string, ...literals: readonly string[]) =>
      server.kubectl([
        ...['create', 'secret', 'generic', name, '-n', namespace],
        ...literals.map((literal) => `--from-literal=${literal}`),
      ]);
    create('hummingbot-trading-keys', 'binance_api_key=of-bot', 'binance_secret_key=s3cret');
    create('neural-secrets', 'secret-key=of-key', 'db-password=of-db');
    create('vantage-secrets', 'api-key=of-vantage');
    env = using('kubernetes', { KUBECONFIG: `${example.folder}/kubeconfig` });
  });
  afterAll(() => server?.remove());

  test('gives and takes keys of Secrets, and gives credentials from the one that holds those of all exchanges', async () => {
    const refs = ['neural/secrets#secret-key', 'neural/secrets/db-password', 'vantage/secrets#api-key'];
    expect(await values(refs, env)).toEqual(['of-key', 'of-db', 'of-vantage']);
    expect(await example.node(['sign.mjs', 'binance'], env)).toBe(signed('kubernetes', 'of-bot', 's3cret', false));
    await example.keyward(['set', 'neural/staging', '--generate', 'secret-key=hex:32'], env);
    const written = server.kubectl(['get', 'secret', 'neural-staging', '-n', 'neural-prod', '-o', 'json']);
    const { data } = JSON.parse(written);
    expect(await fields('neural/staging', env)).toEqual({
      'secret-key': Buffer.from(data['secret-key'], 'base64').toString(),
    });
  });

  test('gives and takes what files hold, one for each key, and an environment file', async () => {
    example.write('secret-key.txt', 'of-file');
    example.write('.env.production', 'DB_PASSWORD=of-env-file\nREDIS_PASSWORD="with space"\n');
    const folder = example.folder;
    const made = ['create', 'secret', 'generic', '-n', 'neural-prod'];
    server.kubectl([...made, 'neural-files', `--from-file=secret-key=${folder}/secret-key.txt`]);
    server.kubectl([...made, 'neural-env', `--from-env-file=${folder}/.env.production`]);
    expect(await values(['neural/files#secret-key', 'neural/env#DB_PASSWORD'], env)).toEqual([
      'of-file',
      'of-env-file',
    ]);

    keepConfig('kubernetes');
    await example.keyward(['set', 'neural/own-files', 'secret-key=@secret-key.txt'], env);
    const places = ['DB_PASSWORD', 'REDIS_PASSWORD'].flatMap((name) => ['--map', `${name}=neural/own-env#${name}`]);
    await example.keyward(['import', '.env.production', ...places, '--yes'], env);
    const dataOf = (name: string) =>
      JSON.parse(server.kubectl(['get', 'secret', name, '-n', 'neural-prod', '-o', 'json'])).data;
    expect(dataOf('neural-own-files')).toEqual(dataOf('neural-files'));
    expect(dataOf('neural-own-env')).toEqual({ ...dataOf('neural-env'), REDIS_PASSWORD: 'd2l0aCBzcGFjZQ==' });
  });
});

test('the files of Docker give credentials and settings', async () => {
  example.write('secrets/binance_api_key', 'of-docker\n');
  example.write('secrets/binance_secret_key', 's3cret\n');
  example.write('secrets/postgres_password', 'pg-password\n');
  const env = using('files');
  expect(await example.node(['sign.mjs', 'binance'], env)).toBe(signed('files', 'of-docker', 's3cret', false));
  expect(await example.node(['settings.mjs'], env)).toContain('dsta@localhost:5432, password ***REDACTED*** of 11');
});

test('an environment file gives credentials and settings, and variables what it lacks', async () => {
  example.write('.env', 'BINANCE_API_KEY=of-file\nBINANCE_API_SECRET=s3cret\nPOSTGRES_PASSWORD=pg-password\n');
  const env = using('env', { SECRET_KEY: 'of-environment' });
  expect(await example.node(['sign.mjs', 'binance'], env)).toBe(signed('dotenv', 'of-file', 's3cret', false));
  expect(await example.node(['settings.mjs'], env)).toContain('dsta@localhost:5432, password ***REDACTED*** of 11');
  expect(await example.keyward(['get', 'app/secret_key'], env)).toBe('of-environment');
});

test('Vault, AWS and the environment answer one after the other, and once Vault is killed no pair of keys is mixed', async () => {
  const vault = await OpenBao.start();
  onTestFinished(() => vault.remove());
  const moto = await AwsEmulator.moto();
  onTestFinished(() => moto.remove());
  vault.run('kv', 'put', 'secret/exchange/binance', 'api_key=of-vault', 'api_secret=s3cret');
  await createSecrets(moto, {
    'dsta/exchange/binance': '{"api_key":"of-aws","api_secret":"other"}',
    'dsta/app/secret_key': 'of-aws',
  });
  const own = { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.rootToken, VAULT_MAX_RETRIES: '0' };
  const env = using('chain', { ...own, ...awsEnv(moto), REDIS_PASSWORD: 'of-environment' });
  const refs = ['exchange/binance#api_key', 'app/secret_key', 'database/redis/password'];
  expect(await values(refs, env)).toEqual(['of-vault', 'of-aws', 'of-environment']);
  const onlyVault = ['read.mjs', '--from', 'vault', 'exchange/binance#api_key', 'app/secret_key'];
  expect(await example.node(onlyVault, env)).toBe(
    'exchange/binance#api_key: 8 bytes from vault\napp/secret_key: not_found\n',
  );
  const running = await openSecrets({ cwd: example.folder, config: env['KEYWARD_CONFIG'], env });
  onTestFinished(() => running.close());
  const read = async (ref: string) => (await running.get(ref)).expose();
  expect(await read('exchange/binance#api_key')).toBe('of-vault');
  await vault.process.stop();
  expect(await read('exchange/binance#api_key')).toBe('of-vault');
  await expect(read('exchange/binance#api_secret')).rejects.toMatchObject({ code: 'unavailable' });
  expect(await read('app/secret_key')).toBe('of-aws');
  expect(await values(refs, env)).toEqual(['of-aws', 'of-aws', 'of-environment']);
  expect(await example.node(onlyVault, env)).toContain('exchange/binance#api_key: unavailable');
});

test('the function that rotates does so in its four steps, and asks for no more than its policy says', async () => {
  const moto = await AwsEmulator.moto();
  onTestFinished(() => moto.remove());
  const proxy = await FaultProxy.start(moto);
  onTestFinished(() => proxy.stop());
  const redis = await RedisServer.start('redis', 'aclfile');
  onTestFinished(() => redis.remove());
  await redis.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+ping', '~*');
  await createSecrets(moto, {
    'cache/administrator': '{"username":"default","password":"of-the-administrator"}',
    'cache/bot': '{"password":"first"}',
  });
  const own = example.otherExample('aws-rotation-function');
  await own.node(['package.mjs']);
  const env = {
    ...awsKeys,
    ...{ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.address },
    ...{ CACHE_SERVER: redis.name, CACHE_USER: 'bot', ADMINISTRATOR_SECRET: 'cache/administrator' },
  };
  const client = bareClient(moto.address);
  const rotation = {
    RotationLambdaARN: await idleFunction(moto.address),
    RotationRules: { AutomaticallyAfterDays: 30 },
  };
  const ClientRequestToken = randomUUID();
  await client.send(new sdk.RotateSecretCommand({ SecretId: 'cache/bot', ClientRequestToken, ...rotation }));
  const invoke = "import('./out/handler.mjs').then(async ({ handler }) => handler(JSON.parse(process.argv[1])))";
  for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    await own.node(['-e', invoke, JSON.stringify({ Step, SecretId: 'cache/bot', ClientRequestToken })], env);
  }
  const { SecretString = '' } = await client.send(new sdk.GetSecretValueCommand({ SecretId: 'cache/bot' }));
  const { password } = JSON.parse(SecretString);
  expect(password).not.toBe('first');
  expect(await redis.ask('AUTH', 'bot', password)).toBe('OK');
  const asked = proxy.requests.map(({ headers }) => String(headers['x-amz-target']).replace('.', ':'));
  const policy = JSON.parse(readFileSync(`${own.folder}/role-policy.json`, 'utf8'));
  expect([...new Set(asked)].sort()).toEqual(policy.Statement[0].Action);
});
