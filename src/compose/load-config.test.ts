import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isKeywardError, type KeywardError } from '../core/errors.js';
import type { Config } from './config.js';
import { loadConfig } from './load-config.js';
import { prepareTrust } from './prepare-trust.js';
import { createTrustList } from './trust.js';

let base: string;
let project: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'keyward-config-'));
  project = join(base, 'project');
  mkdirSync(join(project, '.git'), { recursive: true, mode: 0o755 });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(project, name), text, { mode: 0o644 });
const env = () => ({ XDG_CONFIG_HOME: join(base, 'config') });

function load(
  options: { cwd?: string; file?: string; environment?: string; env?: Record<string, string> } = {},
): Promise<Config> {
  return loadConfig({
    cwd: options.cwd ?? project,
    env: options.env ?? {},
    home: base,
    trust: createTrustList(join(base, 'config/keyward')),
    file: options.file,
    environment: options.environment,
  });
}

async function refusal(promise: Promise<unknown>): Promise<KeywardError> {
  try {
    await promise;
  } catch (error) {
    if (isKeywardError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('configuration', () => {
  test('without a file the defaults hold, and the environment counts as production', async () => {
    expect(await load()).toMatchObject({
      file: undefined,
      environment: 'production',
      production: true,
      cache: { ttlMs: 300_000 },
      credentials: ['exchange/{name}'],
      probePath: 'health/check',
    });
  });

  test('a complete file of a project that has its part of the store is read, durations become milliseconds and entries the inventory', async () => {
    write(
      'keyward.yaml',
      [
        'project: trading-bot',
        'environment: development',
        'providers:',
        '  - keyward: { prefix: "trading-bot/{env}" }',
        '  - dotenv: { files: [.env] }',
        '  - env:',
        'write: keyward',
        'cache: { ttl: 60s, maxStale: 2h }',
        'credentials: ["exchange/{name}", { bundle: crypto/exchange-keys, prefix: "{name}_" }]',
        'secrets:',
        '  exchange/binance: { fields: [api_key, api_secret], env: { api_secret: BINANCE_SECRET_KEY }, rotate: 90d }',
        '  database/postgres/password: { env: [POSTGRES_PASSWORD, PGPASSWORD], owner: db }',
        '  app/jwt_secret:',
      ].join('\n'),
    );
    await createTrustList(join(base, 'config/keyward')).claim('trading-bot/{env}', project);
    const config = await load();
    expect(config).toMatchObject({
      project: 'trading-bot',
      production: false,
      cache: { ttlMs: 60_000, maxStaleMs: 7_200_000 },
    });
    expect(config.providers?.map(({ kind }) => kind)).toEqual(['keyward', 'dotenv', 'env']);
    const binance = [...config.inventory.values()][0];
    expect(binance).toMatchObject({
      fields: ['api_key', 'api_secret'],
      rotate: { every: 7_776_000_000 },
      required: true,
    });
    expect(binance?.fieldEnv.get('api_secret')).toEqual(['BINANCE_SECRET_KEY']);
    expect([...config.inventory.keys()]).toEqual(['exchange/binance', 'database/postgres/password', 'app/jwt_secret']);
  });

  test('JSON is the same', async () => {
    write('keyward.json', '{"environment":"test","secrets":{"app/key":{"env":"APP_KEY"}}}');
    expect([...(await load()).inventory.values()][0]?.env).toEqual(['APP_KEY']);
  });

  test.each([
    ['proyect: x', 'keyward.yaml:1:1: proyect: unknown key "proyect"; did you mean "project"?'],
    ['providers:\n  - vualt: {}', 'keyward.yaml:2:5: providers.0.vualt: unknown key "vualt"; did you mean "vault"?'],
    [
      'providers:\n  - env: { servs: [] }',
      'keyward.yaml:2:12: providers.0.env.servs: unknown key "servs"; did you mean "serves"?',
    ],
    ['cache:\n  ttl: 5', 'keyward.yaml:2:3: cache.ttl: expected string, found a number'],
    ['cache: { ttl: soon }', 'expected a duration such as 300s, 15m, 1h or 90d, found another text'],
    ['secrets: { a//b: {} }', 'keyward.yaml:1:12: secrets.a//b: "a//b" is not a valid path: it has an empty segment'],
    [
      'secrets: { a/b: { env: 5 } }',
      'expected names of environment variables, or a mapping from field to names, found a number',
    ],
    ['write: vault\nproviders: [{env: {}}]', 'keyward.yaml:1:1: write: no provider is called that; the chain has env'],
    ['providers: [{env: {}}, {env: {}}]', 'a second provider is called "env"'],
    ['providers: [{env: {serves: ["a b"]}}]', '"a b" is not a path pattern'],
    ['providers: [{env: {}, files: {}}]', 'expected one kind of provider'],
    ['a: 1\na: 2', 'keyward.yaml:2:1'],
    ['- x', 'keyward.yaml'],
    ['providers: [{keyward: {prefix: "a/{env}/"}}]', 'providers.0.keyward.prefix: "a/env/" is not a valid path'],
    ['health: { probe: /x }', 'health.probe: "/x" is not a valid path'],
    [
      'secrets:\n  a/b:\n    from: "https://h/{a"',
      'keyward.yaml:3:5: secrets.a/b.from: a brace stands alone; write {{ or }} for a brace that is part of the text',
    ],
    [
      'secrets:\n  a/b: {}\n  c: { from: "https://h/{a/d}" }',
      'keyward.yaml:3:8: secrets.c.from: the part "a/d" is not listed in `secrets:` as one value',
    ],
    ['secrets: { a: { fields: [b] }, c: { from: "https://h/{a}" } }', 'name one of its fields, like a#password'],
    ['secrets: { a: { from: "https://h/{a}" } }', 'the part "a" has `from` itself'],
    ['secrets: { a: { from: "https://h/{b}" }, b: { from: "https://h/{a}" } }', 'the part "b" has `from` itself'],
    ['secrets: { b: {}, a: { from: "https://h/{b}", fields: [x] } }', 'one text without fields'],
    ['secrets: { b: {}, a: { from: "https://h/{b}", rotate: 9d } }', 'rotates when its parts do'],
    ['project: x\nextends: https://example.com/org.yaml', 'keyward.yaml:2:1: extends: names a file, never an address'],
    ['project: x\nextends: gone.yaml', 'keyward.yaml:2:1: extends: there is no file'],
    [
      'providers: [{ vault: { address: "https://me:x/y@vault.example" } }]',
      'an address without user name and password',
    ],
    ['extends: keyward.yaml', 'keyward.yaml:1:1: extends: a file that another one extends cannot extend one itself'],
    ['secrets: { a: { from: "" } }', 'secrets.a.from: expected a text that is not empty'],
  ])('%j is refused with its place, what was expected and a suggestion', async (text, message) => {
    write('keyward.yaml', text);
    const error = await refusal(load());
    expect(error.code).toBe('config');
    expect(error.message).toContain(message);
  });

  test('a part that a file does not list may stand in the one it extends, and a wrong one is named in its own file', async () => {
    write('org.yaml', 'secrets:\n  db/password: {}\n  db/url: { from: "https://h/{db/password}" }');
    write('keyward.yaml', 'extends: org.yaml\nsecrets: { my/url: { from: "https://h/{db/password}" } }');
    const { inventory } = await load();
    expect([...inventory.values()].filter(({ from }) => from !== undefined)).toHaveLength(2);
    write('keyward.yaml', 'extends: org.yaml\nsecrets: { db/password: { fields: [x] } }');
    expect((await refusal(load())).message).toContain('org.yaml:3:13: secrets.db/url.from: the part "db/password"');
  });

  test('what `write` names may stand in the chain of the other file, and must stand in one', async () => {
    write('org.yaml', 'providers: [{ env: {} }]');
    write('keyward.yaml', 'extends: org.yaml\nwrite: env');
    expect((await load()).write).toBe('env');
    write('keyward.yaml', 'extends: org.yaml\nwrite: keyward');
    expect((await refusal(load())).message).toContain('keyward.yaml:2:1: write: no provider is called that');
    write('org.yaml', 'write: env');
    write('keyward.yaml', 'extends: org.yaml\nproviders: [{ files: { root: x } }]');
    expect((await refusal(load())).message).toContain('org.yaml:1:1: write: no provider is called that');
  });

  test('a template whose braces hold a value by mistake does not repeat it', async () => {
    write('keyward.yaml', 'secrets: { a: { from: "https://h/{canary 8f31}" } }');
    const error = await refusal(load());
    expect(`${error.message} ${error.advice}`).not.toContain('canary');
  });

  test('a value in a wrong place is not repeated', async () => {
    write('keyward.yaml', 'cache: { ttl: canary-8f31 }\nproject: "canary 8f31"\nwrite: 5\nstore: canary-8f31');
    const error = await refusal(load());
    expect(`${error.message} ${error.advice}`).not.toContain('canary');
  });

  test.each([
    ['the option first', { environment: 'qa', env: { KEYWARD_ENV: 'staging', NODE_ENV: 'test' } }, 'qa'],
    ['then KEYWARD_ENV', { env: { KEYWARD_ENV: 'staging', NODE_ENV: 'test' } }, 'staging'],
    ['then a known NODE_ENV', { env: { NODE_ENV: 'test' } }, 'test'],
    ['an unknown NODE_ENV does not count', { env: { NODE_ENV: 'whatever' } }, 'development'],
  ])('the environment is taken from %s', async (_name, options, expected) => {
    write('keyward.yaml', 'environment: development');
    expect((await load(options)).environment).toBe(expected);
  });

  test('the search goes upwards and ends at the root of the repository', async () => {
    const deep = join(project, 'a/b');
    mkdirSync(deep, { recursive: true, mode: 0o755 });
    write('keyward.yaml', 'project: found');
    expect((await load({ cwd: deep })).project).toBe('found');
    writeFileSync(join(base, 'keyward.yaml'), 'project: above');
    rmSync(join(project, 'keyward.yaml'));
    expect((await load({ cwd: deep })).project).toBeUndefined();
  });

  test('a file that others could have written is not used, and the message says why', async () => {
    write('keyward.yaml', 'project: x');
    chmodSync(join(project, 'keyward.yaml'), 0o666);
    expect((await refusal(load())).message).toContain('every user may write to it');
    chmodSync(join(project, 'keyward.yaml'), 0o644);
    chmodSync(project, 0o777);
    expect((await refusal(load())).message).toContain('every user may write to it');
    expect((await load({ file: join(project, 'keyward.yaml') })).project).toBe('x');
  });

  test('sections of a file replace those of the one it extends, and secrets are merged', async () => {
    write(
      'org.yaml',
      'environment: staging\ncache: { ttl: 10s, maxStale: 1m }\nsecrets: { app/a: {}, app/b: { owner: org } }',
    );
    write('keyward.yaml', 'extends: ./org.yaml\ncache: { ttl: 20s }\nsecrets: { app/b: { owner: me } }');
    const config = await load();
    expect(config).toMatchObject({ environment: 'staging', cache: { ttlMs: 20_000, maxStaleMs: 60_000 } });
    expect([...config.inventory.values()].map(({ path, owner }) => [path, owner])).toEqual([
      ['app/a', undefined],
      ['app/b', 'me'],
    ]);
  });
});

describe('trust', () => {
  test.each([
    [
      'a Vault address',
      'providers: [{vault: {address: "https://evil.example"}}]',
      'vault would be asked at https://evil.example',
    ],
    [
      'a rotated login at any host',
      'secrets: { a: { rotator: { postgres: { host: 127.0.0.1, port: 1, users: [u], administrator: b } } } }',
      'rotated by postgres at 127.0.0.1:1, which would be given b',
    ],
    [
      'a rotated login at several hosts',
      'secrets: { a: { rotator: { redis: { servers: [ours, evil], user: u, administrator: b } } } }',
      'rotated by redis at evil, which would be given b',
    ],
    [
      'a rotating program',
      'secrets: { a: { rotator: { exec: { kind: swap, command: [sh, x] } } } }',
      'rotated by running sh x',
    ],
    [
      'a rotated login behind a socket',
      'secrets: { a: { rotator: { postgres: { host: /run/postgresql, users: [u] } } } }',
      'rotated by postgres at /run/postgresql',
    ],
    [
      'a webhook that rotates, at this very machine',
      'secrets: { a: { rotator: { webhook: { url: "https://127.0.0.1/", secret: b, kind: swap } } } }',
      'rotated by webhook at https://127.0.0.1/, which would be given b',
    ],
    [
      'a program that tells consumers',
      'secrets: { a: { rotator: { random: "hex:32" }, rollout: [{ exec: [sh, x] }] } }',
      'brought to its consumers by exec: command sh x',
    ],
    [
      'pods that are started anew',
      'secrets: { a: { rotator: { random: "hex:32" }, rollout: [{ kubernetes: { workloads: [deployment/api], context: c } }] } }',
      'brought to its consumers by kubernetes: workloads deployment/api, context c',
    ],
    [
      'a health check of another host',
      'secrets: { a: { rotator: { random: "hex:32" }, rollout: [{ systemd: a.service, check: { http: "http://b/" } }] } }',
      'after that, http://b/ would be asked',
    ],
    [
      'a program that checks',
      'secrets: { a: { rotator: { random: "hex:32" }, rollout: [{ systemd: a.service, check: { exec: [sh, x] } }] } }',
      'after that, this would be run: sh x',
    ],
    [
      'notifications to this machine',
      'notifications: { webhook: { url: "http://127.0.0.1:1", secret: b } }',
      'told by webhook at http://127.0.0.1:1, which would be given b',
    ],
    ['notifications', 'notifications: { slack: { url: b } }', 'told by slack, which would be given b'],
    [
      'mails',
      'notifications: { smtp: { host: h, from: a@b, to: [a@b], password: c, ca: ../ca.pem } }',
      'smtp would use the file ../ca.pem',
    ],
    ['a command', 'providers: [{exec: {command: [sh, -c, "curl evil"]}}]', 'exec would run sh'],
    [
      'an AWS endpoint',
      'providers: [{aws: {endpoint: "http://evil.example"}}]',
      'aws would be asked at http://evil.example',
    ],
    [
      'a file outside',
      'providers: [{dotenv: {files: [../../.ssh/config]}}]',
      'dotenv would read the file ../../.ssh/config',
    ],
    ['an absolute folder', 'providers: [{files: {root: /etc}}]', 'files would read the file /etc'],
    ['a link to a file outside', 'providers: [{dotenv: {files: [link]}}]', 'dotenv would read the file link'],
    ['no prefix', 'providers: [{keyward: {}}]', 'your store would be asked for everything in it'],
    ['a prefix of the environment alone', 'providers: [{keyward: {prefix: "{env}"}}]', 'asked below {env}'],
    [
      'a prefix that nobody gave it',
      'providers: [{keyward: {prefix: "bot/production"}}]',
      'asked below bot/production',
    ],
    ['a store of its own', 'store: {path: ./data}', 'it names its own store at ./data'],
    ['a base outside', 'extends: ../other.yaml', 'it extends the file ../other.yaml'],
  ])('a file that was found and names %s fails as a whole until it is trusted', async (_name, text, reason) => {
    symlinkSync('/etc/hostname', join(project, 'link'));
    writeFileSync(join(base, 'other.yaml'), 'project: other', { mode: 0o644 });
    write('keyward.yaml', text);
    const error = await refusal(load());
    expect(error).toMatchObject({ code: 'config' });
    expect(error.message).toContain(reason);
    expect(error.advice).toContain('keyward trust');
    const request = await prepareTrust({ cwd: project, env: env(), home: base, configFile: undefined });
    expect(request.files.flatMap(({ reasons }) => reasons).join()).toContain(reason);
    await request.accept();
    await expect(load()).resolves.toBeDefined();
    write('keyward.yaml', `${text}\n# changed`);
    expect((await refusal(load())).advice).toContain('keyward trust');
  });

  test('a prefix of the store belongs to one folder, with everything below it', async () => {
    const claims = createTrustList(join(base, 'config/keyward'));
    await claims.claim('bot/{env}', join(base, 'other'));
    await claims.claim('mine/{env}', project);
    write('keyward.yaml', 'providers: [{keyward: {prefix: "bot/{env}"}}]');
    expect((await refusal(load())).advice).toContain('keyward trust');
    for (const prefix of ['mine/{env}', 'mine/production', 'mine/{env}/deep', 'mine']) {
      write('keyward.yaml', `providers: [{keyward: {prefix: "${prefix}"}}]`);
      await expect(load(), prefix).resolves.toBeDefined();
    }
    write('keyward.yaml', 'providers: [{keyward: {prefix: "min"}}]');
    expect((await refusal(load())).message).toContain('below min');
  });

  test('an extended file that others could have written is not used', async () => {
    write('org.yaml', 'project: org');
    chmodSync(join(project, 'org.yaml'), 0o666);
    write('keyward.yaml', 'extends: org.yaml');
    expect((await refusal(load())).message).toContain('every user may write to it');
  });

  test('the search ends at the home folder, however it is spelled', async () => {
    const inside = join(base, 'home/somewhere');
    mkdirSync(inside, { recursive: true, mode: 0o755 });
    writeFileSync(join(base, 'keyward.yaml'), 'project: above', { mode: 0o644 });
    const found = (home: string) => loadConfig({ cwd: inside, env: {}, home, trust: createTrustList(join(base, 'c')) });
    expect((await found(join(base, 'home'))).project).toBeUndefined();
    expect((await found(`${join(base, 'home')}/`)).project).toBeUndefined();
    expect((await found('/nowhere')).project).toBe('above');
  });

  test('a file that the user names needs no trust', async () => {
    write('keyward.yaml', 'providers: [{vault: {address: "https://vault.example"}}]');
    await expect(load({ file: 'keyward.yaml' })).resolves.toBeDefined();
    await expect(load({ env: { KEYWARD_CONFIG: join(project, 'keyward.yaml') } })).resolves.toBeDefined();
  });

  test('a chain that no file states asks only the part of the store that was given to the folder', async () => {
    const store = join(base, '.local/share/keyward/default');
    mkdirSync(store, { recursive: true, mode: 0o700 });
    writeFileSync(join(store, 'header.kw'), 'x');
    const claims = createTrustList(join(base, 'config/keyward'));
    await claims.claim('mine/{env}', project);
    write('keyward.yaml', 'project: mine');
    await expect(load()).resolves.toBeDefined();
    write('keyward.yaml', 'project: victim');
    expect((await refusal(load())).message).toContain('your store would be asked below victim/{env}');
    write('keyward.yaml', 'secrets: { victim/production/app/key: {} }');
    expect((await refusal(load())).message).toContain('your store would be asked for everything in it');
    write('org.yaml', 'project: victim');
    write('keyward.yaml', 'extends: org.yaml');
    expect((await refusal(load())).message).toContain('your store would be asked below victim/{env}');
    write('org.yaml', 'providers: [{ env: {} }]\nproject: victim');
    await expect(load()).resolves.toBeDefined();
  });

  test('a base outside the project needs trust of its own, whatever it says, and is not opened before', async () => {
    write('keyward.yaml', 'extends: ../org.yaml');
    expect((await refusal(load())).message).toContain('it extends the file ../org.yaml');
    writeFileSync(join(base, 'org.yaml'), 'environment: test', { mode: 0o644 });
    const trust = async () => {
      await (await prepareTrust({ cwd: project, env: env(), home: base, configFile: undefined })).accept();
    };
    await trust();
    expect((await load()).environment).toBe('test');
    writeFileSync(join(base, 'org.yaml'), 'environment: local', { mode: 0o644 });
    const error = await refusal(load());
    expect(error.message).toContain('org.yaml is not trusted');
    expect(error.message).toContain('it lies outside the project');
    await trust();
    expect((await load()).environment).toBe('local');
  });

  test('an extended file that reaches out needs trust of its own', async () => {
    write('org.yaml', 'providers: [{vault: {address: "https://evil.example"}}]');
    write('keyward.yaml', 'extends: org.yaml');
    expect((await refusal(load())).message).toContain('org.yaml is not trusted');
  });

  test('files within the project and /run/secrets need no trust', async () => {
    write(
      'keyward.yaml',
      'providers: [{dotenv: {files: [.env, config/.env]}}, {files: {root: /run/secrets}}, {env: {}}]',
    );
    await expect(load()).resolves.toBeDefined();
  });

  test('a damaged trust list is an error, not an empty one', async () => {
    mkdirSync(join(base, 'config/keyward'), { recursive: true, mode: 0o700 });
    writeFileSync(join(base, 'config/keyward/trusted.json'), '{"files":[', { mode: 0o600 });
    write('keyward.yaml', 'store: {path: ./x}');
    expect((await refusal(load())).message).toContain('trusted.json is damaged');
  });
});
