import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandTable } from '../../src/cli/command-table.js';
import { openSecrets } from '../../src/compose/open-secrets.js';
import { programEnvironment } from '../../src/compose/program-environment.js';
import { Laptop } from './cli.js';
import { everyCommand } from './every-command.js';

const credentials = {
  VAULT_TOKEN: 'canary-vault-token',
  VAULT_ROLE_ID: 'canary-role',
  VAULT_SECRET_ID: 'canary-secret-id',
  AWS_ACCESS_KEY_ID: 'canary-key-id',
  AWS_SECRET_ACCESS_KEY: 'canary-secret-access',
};
const withoutConfig = new Set([
  'doctor',
  'trust',
  'version',
  'config check',
  'config schema',
  'seal init',
  'seal repair',
  'recipient list',
  'recipient add',
  'recipient remove',
  'scan',
]);
const commands = Object.entries(everyCommand)
  .filter(([verb]) => !withoutConfig.has(verb))
  .map(([, args]) => args);

let listener: Server;
let address: string;
let connections = 0;
let laptop: Laptop;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const bound = listener.address();
  if (typeof bound === 'string' || bound === null) throw new Error('not listening');
  address = `http://127.0.0.1:${bound.port}`;
});
afterAll(async () => {
  laptop.remove();
  await new Promise((resolve) => listener.close(resolve));
});

beforeAll(async () => {
  laptop = new Laptop();
  const victim = join(laptop.home, 'victim');
  mkdirSync(victim, { mode: 0o755 });
  await laptop.ok(['init'], { cwd: victim });
  await laptop.ok(['set', 'app/jwt_secret'], { cwd: victim, stdin: 'canary-of-the-victim' });
  writeFileSync(join(laptop.home, 'outside.env'), 'JWT_SECRET=canary-outside\n', { mode: 0o644 });
});

beforeEach(() => {
  connections = 0;
  rmSync(laptop.project, { recursive: true });
  rmSync(join(laptop.home, '.config/keyward/trusted.json'), { force: true });
  mkdirSync(laptop.project, { mode: 0o755 });
  mkdirSync(join(laptop.project, '.git'));
  laptop.write('.env', 'JWT_SECRET=x\n');
});

const attacks: Readonly<Record<string, () => string>> = {
  'a Vault address': () => `providers: [{vault: {address: "${address}", allowPlaintext: true}}]`,
  'an AWS endpoint': () => `providers: [{aws: {region: us-east-1, endpoint: "${address}"}}]`,
  'a Parameter Store endpoint': () => `providers: [{ssm: {region: us-east-1, endpoint: "${address}"}}]`,
  'a Google endpoint': () => `providers: [{gcp: {project: p, endpoint: "${address}"}}]`,
  'an Azure vault': () => `providers: [{azure: {vault: "${address}"}}]`,
  'a cluster of its own': () => `providers: [{kubernetes: {kubeconfig: ./evil, context: evil}}]`,
  'a command': () => `providers: [{exec: {command: [touch, ran]}}]`,
  'a Vault agent at a socket': () => 'providers: [{vault: {address: "unix:///var/run/agent.sock"}}]',
  'an environment file outside': () => 'providers: [{dotenv: {files: [../outside.env]}}]',
  'a link to a file outside': () => 'providers: [{dotenv: {files: [link.env]}}]',
  'a folder outside': () => 'providers: [{files: {root: ..}}]',
  'a sealed file outside': () => 'providers: [{sealed: {file: /etc/passwd}}]',
  "another project's part of the store": () => 'providers: [{keyward: {prefix: "victim/development"}}]',
  'the whole store': () => 'providers: [{keyward: {}}]',
  "another project's name": () => 'project: victim',
  'no chain at all': () => 'environment: development',
  'a store of its own': () => 'store: {path: ./data}',
  'a base outside': () => 'extends: ../base.yaml',
  'a receiver of the access log': () => `providers: [{env: {}}]\naudit: {http: "${address}"}`,
  'a receiver of notifications': () =>
    `providers: [{env: {}}]\nnotifications: {webhook: {url: "${address}", secret: app/jwt_secret}}`,
  'an access log outside': () => 'providers: [{env: {}}]\naudit: {file: ../outside.env}',
  "the log of the user's store": () => 'providers: [{env: {}}]\naudit: {store: true}',
  'a link of the chain after harmless ones': () => `providers: [{env: {}}, {vault: {address: "${address}"}}]`,
};

function clone(attack: string): void {
  symlinkSync('../outside.env', join(laptop.project, 'link.env'));
  writeFileSync(join(laptop.home, 'base.yaml'), `providers: [{vault: {address: "${address}"}}]`, { mode: 0o644 });
  laptop.write('keyward.yaml', `${attack}\nsecrets: { app/jwt_secret: {} }\n`);
}

function expectNothingHappened(): void {
  expect(connections).toBe(0);
  expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
}

describe.each(Object.entries(attacks))('a clone whose keyward.yaml names %s', (_name, attack) => {
  test('is an error that doctor names, without a look at any store', async () => {
    clone(attack());
    const { status, stdout, stderr } = await laptop.run(['doctor'], { env: credentials });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('keyward trust');
    expect(stderr).not.toContain('canary');
    expectNothingHappened();
  });

  test('makes every command fail before anything is contacted, read or run', async () => {
    clone(attack());
    for (const args of commands) {
      const { status, stdout, stderr } = await laptop.run(args, { env: credentials, stdin: 'x' });
      expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: '' });
      expect(stderr).toContain('(config)');
      expect(stderr).toContain('keyward trust');
      expect(stderr).not.toContain('canary');
    }
    expectNothingHappened();
  });

  test('does not open as a library either', async () => {
    clone(attack());
    const env = laptop.environment({ ...credentials, NODE_ENV: 'development' });
    await expect(openSecrets({ cwd: laptop.project, env })).rejects.toMatchObject({ code: 'config' });
    expectNothingHappened();
  });

  test('is shown by `keyward trust`, which changes nothing without a person or --yes', async () => {
    clone(attack());
    const asked = await laptop.run(['trust'], { env: credentials });
    expect(asked.status).toBe(2);
    expect(asked.stderr).toMatch(/ {2}- .*(?:would|names its own store|extends)/);
    expect((await laptop.run(['get', 'app/jwt_secret'], { env: credentials })).stderr).toContain('keyward trust');
    expectNothingHappened();
  });
});

describe('trust', () => {
  const metadata = [
    '169.254.169.254',
    '2852039166',
    '0xA9.0xFE.0xA9.0xFE',
    '[::ffff:169.254.169.254]',
    '[fd00:ec2::254]',
  ];

  test('does not make a server of the metadata of a cloud', async () => {
    for (const host of metadata) {
      for (const attack of [
        `providers: [{vault: {address: "https://${host}"}}]`,
        `providers: [{aws: {region: us-east-1, endpoint: "https://${host}:80/x"}}]`,
        `providers: [{env: {}}]\naudit: {http: "https://${host}/in"}`,
      ]) {
        laptop.write('keyward.yaml', attack);
        expect({ attack, ...(await laptop.run(['trust', '--yes'])) }).toMatchObject({ attack, status: 2 });
      }
    }
  });

  const get = () => laptop.run(['get', 'app/jwt_secret'], { env: { NODE_ENV: 'development' } });

  test('is given to one content: what was agreed to works, and any change asks again', async () => {
    clone('providers: [{dotenv: {files: [../outside.env]}}]');
    await laptop.ok(['trust', '--yes']);
    expect((await get()).stdout).toBe('canary-outside');
    laptop.write('keyward.yaml', `${laptop.read('keyward.yaml')}# one more line\n`);
    expect(await get()).toMatchObject({ status: 2, stdout: '' });
  });

  test('does not cover another file that a link leads to later', async () => {
    clone('providers: [{dotenv: {files: [link.env]}}]');
    await laptop.ok(['trust', '--yes']);
    expect((await get()).stdout).toBe('canary-outside');
    writeFileSync(join(laptop.home, 'other.env'), 'JWT_SECRET=canary-other\n', { mode: 0o644 });
    rmSync(join(laptop.project, 'link.env'));
    symlinkSync('../other.env', join(laptop.project, 'link.env'));
    expect(await get()).toMatchObject({ status: 2, stdout: '' });
  });

  test('does not cover a sealed file of another project that takes the place of one later', async () => {
    const victim = join(laptop.home, 'victim');
    const own = 'keyward.sealed.yaml';
    await laptop.ok(['seal', 'init'], { cwd: victim });
    await laptop.ok(['seal', 'init']);
    laptop.write(
      'keyward.yaml',
      'providers: [{sealed: {}}, {dotenv: {files: [../outside.env], allowInProduction: true}}]',
    );
    await laptop.ok(['trust', '--yes']);
    expect((await get()).stdout).toBe('canary-outside');
    laptop.write(own, readFileSync(join(victim, own)));
    const { status, stdout, stderr } = await get();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('would be opened with your identity');
  });

  test('in a file does not cover what the file extends after that changed', async () => {
    laptop.write('org.yaml', 'providers: [{dotenv: {files: [../outside.env]}}]');
    laptop.write('keyward.yaml', 'extends: org.yaml\nsecrets: { app/jwt_secret: {} }\n');
    expect((await get()).stderr).toContain('org.yaml is not trusted');
    await laptop.ok(['trust', '--yes']);
    expect((await get()).stdout).toBe('canary-outside');
    laptop.write('org.yaml', `providers: [{exec: {command: [touch, ran]}}]`);
    expect((await get()).stderr).toContain('org.yaml is not trusted');
    expectNothingHappened();
  });

  test('is not inherited by a copy of the project in another folder', async () => {
    clone('providers: [{dotenv: {files: [../outside.env]}}]');
    await laptop.ok(['trust', '--yes']);
    const copy = join(laptop.home, 'copy');
    mkdirSync(copy, { mode: 0o755 });
    writeFileSync(join(copy, 'keyward.yaml'), laptop.read('keyward.yaml'), { mode: 0o644 });
    expect((await laptop.run(['list'], { cwd: copy })).stderr).toContain('keyward trust');
  });

  test('at a terminal is asked for, and no means no', async () => {
    clone('providers: [{dotenv: {files: [../outside.env]}}]');
    expect((await laptop.runAtTerminal(['trust'], { typed: ['n'] })).status).toBe(1);
    expect((await get()).status).toBe(2);
    expect((await laptop.runAtTerminal(['trust'], { typed: ['y'] })).status).toBe(0);
    expect((await get()).status).toBe(0);
  });
});

describe('a clone that stays within its folder', () => {
  test('cannot reach a file outside through NAME_FILE in its .env', async () => {
    laptop.write('keyward.yaml', 'environment: development\nproviders: [{dotenv: {}}]\n');
    laptop.write('.env', `JWT_SECRET_FILE=${join(laptop.home, 'outside.env')}\n`);
    const { status, stdout, stderr } = await laptop.run(['get', 'app/jwt_secret']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toContain('canary');
  });

  test('cannot reach a secret file outside through a link in its folder of secrets', async () => {
    laptop.write('secrets/app/other', 'x', 0o600);
    symlinkSync(join(laptop.home, 'outside.env'), join(laptop.project, 'secrets/app/jwt_secret'));
    laptop.write('keyward.yaml', 'environment: development\nproviders: [{files: {root: secrets}}]\n');
    const { status, stdout } = await laptop.run(['get', 'app/jwt_secret']);
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });
});

describe('a clone that refers to a secret of another project in its .env', () => {
  const env = { NODE_ENV: 'development' };
  const print = ['run', '--', 'sh', '-c', 'printf "[$STOLEN]"'];

  beforeEach(() => {
    laptop.write('.env', 'STOLEN=keyward://victim/development/app/jwt_secret\n', 0o600);
  });

  test('gets nothing without a configuration, since nobody gave it a part of the store', async () => {
    const { status, stdout, stderr } = await laptop.run(print, { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`${join(laptop.project, '.env')}:1`);
    expect(stderr).not.toContain('canary');
  });

  test('gets nothing through the preloaded module either', async () => {
    const change = programEnvironment(laptop.environment(env), laptop.project);
    await expect(change).rejects.toMatchObject({ code: 'config' });
  });

  test('gets nothing of a variable that Node read from the file, where it looks like one of the user', async () => {
    const set = { ...env, STOLEN: 'keyward://victim/development/app/jwt_secret' };
    rmSync(join(laptop.project, '.env'));
    const { status, stdout, stderr } = await laptop.run(print, { env: set });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('STOLEN');
    await expect(programEnvironment(laptop.environment(set), laptop.project)).rejects.toMatchObject({ code: 'config' });
  });

  test('gets nothing with a configuration that stays within its folder', async () => {
    laptop.write('keyward.yaml', 'environment: development\nproviders: [{dotenv: {}}]\n');
    expect(await laptop.run(print)).toMatchObject({ status: 3, stdout: '' });
  });
});

test('completion offers no name of a clone that a shell would run', async () => {
  const fields = ['$(id)', '`id`', ';id', '&id', '~', 'plain_field'];
  const config = { providers: [{ env: {} }], secrets: { 'app/x': { fields } } };
  laptop.write('keyward.yaml', JSON.stringify(config));
  const { stdout } = await laptop.ok(['completion', '--words', '--', 'get', 'app/']);
  expect(stdout).toBe('app/x\napp/x#plain_field\n');
});

test('every command that reads the configuration is attacked', () => {
  expect(Object.keys(everyCommand).sort()).toEqual(Object.keys(commandTable).sort());
});
