import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifest } from '../../src/manifests/index.js';
import { deployedBot, deployedSecret } from '../deployed-bot.js';
import { AwsEmulator } from './aws/emulator.js';
import { OpenBao } from './openbao.js';

const bot = {
  ...deployedBot,
  secrets: [deployedSecret('exchange/binance', ['api_key', 'api_secret']), deployedSecret('database/password')],
};

describe('a policy of Vault on a real server', () => {
  let server: OpenBao;
  beforeAll(async () => {
    server = await OpenBao.start();
    for (const path of ['exchange/binance', 'exchange/binance2', 'exchange/kraken', 'database/password']) {
      await server.api('POST', `secret/data/bot/${path}`, { data: { value: 'v' } });
    }
  });
  afterAll(() => server?.remove());

  async function tokenWith(options: Readonly<Record<string, string>>): Promise<string> {
    const [file] = await manifest('vault-policy', bot, options);
    const name = `bot-${options['access'] ?? 'read'}`;
    await server.api('PUT', `sys/policies/acl/${name}`, { policy: file?.text });
    const { auth } = await server.api('POST', 'auth/token/create', { policies: [name], no_default_policy: true });
    return (auth as { client_token: string }).client_token;
  }

  async function statusOf(token: string, method: string, path: string, body?: object): Promise<number> {
    const headers = { 'x-vault-token': token };
    const answer = await fetch(`${server.address}/v1/secret/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  const change = { data: { value: 'w' } };

  test('lets the program read what the inventory names, and refuses the neighbour, the list and every change', async () => {
    const token = await tokenWith({});
    for (const path of ['exchange/binance', 'database/password']) {
      expect(await statusOf(token, 'GET', `data/bot/${path}`), path).toBe(200);
      expect(await statusOf(token, 'GET', `metadata/bot/${path}`), path).toBe(200);
    }
    for (const path of ['exchange/binance2', 'exchange/kraken', 'exchange', 'database']) {
      expect(await statusOf(token, 'GET', `data/bot/${path}`), path).toBe(403);
      expect(await statusOf(token, 'GET', `metadata/bot/${path}?list=true`), path).toBe(403);
    }
    expect(await statusOf(token, 'POST', 'data/bot/exchange/binance', change)).toBe(403);
    expect(await statusOf(token, 'DELETE', 'metadata/bot/exchange/binance')).toBe(403);
  });

  test('lets a rotation write new versions, and neither delete nor touch the neighbour', async () => {
    const token = await tokenWith({ access: 'rotate' });
    expect(await statusOf(token, 'POST', 'data/bot/exchange/binance', change)).toBe(200);
    expect(await statusOf(token, 'POST', 'data/bot/exchange/kraken', change)).toBe(403);
    expect(await statusOf(token, 'DELETE', 'data/bot/exchange/binance')).toBe(403);
    expect(await statusOf(token, 'PUT', 'destroy/bot/exchange/binance', { versions: [1] })).toBe(403);
  });

  test('lets an administrator delete, undelete and destroy, and no neighbour', async () => {
    const token = await tokenWith({ access: 'manage' });
    expect(await statusOf(token, 'DELETE', 'data/bot/exchange/binance')).toBe(204);
    expect(await statusOf(token, 'PUT', 'undelete/bot/exchange/binance', { versions: [1] })).toBe(204);
    expect(await statusOf(token, 'PUT', 'destroy/bot/exchange/binance', { versions: [1] })).toBe(204);
    expect(await statusOf(token, 'DELETE', 'data/bot/exchange/kraken')).toBe(403);
  });

  test('is set up by its script, twice with the same end, and the role reads with it', async () => {
    const folder = join(server.folder, 'set-up');
    mkdirSync(folder);
    symlinkSync(server.program, join(folder, 'vault'));
    const audit = join(folder, 'audit.log');
    for (const file of [...(await manifest('setup-vault', bot, { audit })), ...(await manifest('vault-policy', bot))]) {
      writeFileSync(join(folder, file.path), file.text);
    }
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      BAO_ADDR: server.address,
      BAO_TOKEN: server.rootToken,
    };
    const state = () =>
      JSON.stringify([
        server.ask('policy', 'read', 'bot'),
        server.ask('auth', 'list'),
        server.ask('read', 'auth/approle/role/bot')['data'],
      ]);
    // A server that lets nobody add a device while it runs says so; the device is then in its configuration.
    const script = join(folder, 'setup-vault.sh');
    const withoutAudit = `${execFileSync('grep', ['-v', 'vault audit', script], { encoding: 'utf8' })}`;
    writeFileSync(script, withoutAudit);
    execFileSync('/bin/sh', [script], { cwd: folder, env, stdio: 'pipe' });
    const first = state();
    execFileSync('/bin/sh', [script], { cwd: folder, env, stdio: 'pipe' });
    expect(state()).toBe(first);
    const role = await server.api('GET', 'auth/approle/role/bot/role-id');
    const secret = await server.api('POST', 'auth/approle/role/bot/secret-id');
    const { role_id } = role['data'] as { role_id: string };
    const { secret_id } = secret['data'] as { secret_id: string };
    const { auth } = await server.api('POST', 'auth/approle/login', { role_id, secret_id });
    const { client_token } = auth as { client_token: string };
    expect(await statusOf(client_token, 'GET', 'data/bot/database/password')).toBe(200);
    expect(await statusOf(client_token, 'GET', 'data/bot/exchange/kraken')).toBe(403);
  });
});

describe('a policy of AWS', () => {
  const region = 'eu-west-1';
  let moto: AwsEmulator;
  beforeAll(async () => {
    moto = await AwsEmulator.moto(5);
  });
  afterAll(() => moto?.remove());

  test('lets its user read, and make nothing; names of the service match it, and those of neighbours do not', async () => {
    const [file] = await manifest('aws-iam', bot, { account: '123456789012' });
    const keysOf = (id: string, secret: string) => ({
      endpoint: moto.address,
      region,
      credentials: { accessKeyId: id, secretAccessKey: secret },
    });
    const admin = keysOf('first', 'first');
    const { Version, Statement } = JSON.parse(file?.text ?? '');
    // It compares actions only, and knows no names of secrets.
    const inMoto = JSON.stringify({
      Version,
      Statement: Statement.map((each: object) => ({ ...each, Resource: '*' })),
    });
    const iam = new IAMClient(admin);
    await iam.send(new CreateUserCommand({ UserName: 'bot' }));
    await iam.send(new PutUserPolicyCommand({ UserName: 'bot', PolicyName: 'secrets', PolicyDocument: inMoto }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'bot' }));
    const create = (Name: string) => new CreateSecretCommand({ Name, SecretString: 'v' });
    const { ARN: own = '' } = await new SecretsManagerClient(admin).send(create('bot/exchange/binance'));
    const { ARN: other = '' } = await new SecretsManagerClient(admin).send(create('bot/exchange/binance-2'));

    const user = new SecretsManagerClient(keysOf(AccessKey?.AccessKeyId ?? '', AccessKey?.SecretAccessKey ?? ''));
    const { SecretString } = await user.send(new GetSecretValueCommand({ SecretId: 'bot/exchange/binance' }));
    expect(SecretString).toBe('v');
    await expect(user.send(create('bot/new'))).rejects.toMatchObject({ $response: { statusCode: 403 } });

    const isNamed = (arn: string) =>
      Statement[0].Resource.some((pattern: string) => {
        const source = pattern.replaceAll(/[.*+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '.');
        return new RegExp(`^${source}$`).test(arn);
      });
    expect(isNamed(own)).toBe(true);
    expect(isNamed(other)).toBe(false);
    expect(isNamed(own.replace(region, 'us-east-1'))).toBe(false);
  });
});
