import { mkdirSync, readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { entriesOf } from '../testing/sink-under-test.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { initStore } from './init-store.js';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.js';
import { storeLocations } from './store-locations.js';
import type { Workspace } from './workspace.js';

let folder: TemporaryFolder;
let opened: Workspace[];

beforeEach(() => {
  folder = temporaryFolder();
  opened = [];
});
afterEach(async () => {
  for (const workspace of opened) await workspace.close();
  folder.remove();
});

const home = () => folder.path('');
const makeStore = () => initStore({ locations: storeLocations({ env: {}, home: home() }), slot: 'keyfile' });

async function open(
  config?: string,
  environment = 'development',
  options: Partial<WorkspaceOptions> = {},
): Promise<Workspace> {
  const configFile = config === undefined ? undefined : folder.write('project/keyward.yaml', config);
  folder.write('project/.env', 'JWT_SECRET=from-dotenv\n');
  const cwd = folder.path('project');
  const workspace = await openWorkspace({
    cwd,
    env: { HOME: home() },
    home: home(),
    configFile,
    environment,
    role: 'library',
    onFinding: () => undefined,
    ...options,
  });
  opened.push(workspace);
  return workspace;
}

describe('a workspace', () => {
  test('without a configuration has a chain of what is there, and no .env files in production', async () => {
    const names = async (environment: string) => (await open(undefined, environment)).providers.map(({ name }) => name);
    expect(await names('development')).toEqual(['dotenv', 'env']);
    expect(await names('production')).toEqual(['env']);
    await makeStore();
    expect(await names('development')).toEqual(['keyward', 'dotenv', 'env']);
  });

  test('opens no store before something is asked of it', async () => {
    const workspace = await open('providers: [{env: {}}, {keyward: {}}]');
    await expect(workspace.store()).rejects.toMatchObject({ code: 'config' });
    await expect(workspace.secrets.get('app/jwt_secret')).rejects.toMatchObject({ code: 'config' });
  });

  test('opens a store that was made after the first attempt', async () => {
    const workspace = await open('providers: [{keyward: {}}]');
    await expect(workspace.store()).rejects.toMatchObject({ code: 'config' });
    await makeStore();
    const [one, other] = [await workspace.store(), await workspace.store()];
    expect(one).toBe(other);
  });

  test('reads what it wrote itself, although it remembers another value', async () => {
    await makeStore();
    const { secrets, writeTarget } = await open('providers: [{keyward: {}}]');
    const path = parsePath('app/jwt_secret');
    await writeTarget().write(path, { payload: textPayload('one') });
    expect((await secrets.get(path)).expose()).toBe('one');
    await writeTarget().write(path, { payload: textPayload('two') });
    expect((await secrets.get(path)).expose()).toBe('two');
    await writeTarget().remove({ path }, { mode: 'purge' });
    await expect(secrets.get(path)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('keeps handles on its files current', async () => {
    const { secrets } = await open('providers: [{files: {root: secrets}}, {dotenv: {}}]');
    folder.write('project/secrets/app/token', 'one');
    const [token, jwt] = await Promise.all(['app/token', 'app/jwt_secret'].map((name) => secrets.handle(name)));
    const changes = [token, jwt].map(
      (handle) => new Promise<string>((resolve) => handle?.onChange((secret) => resolve(secret.expose()))),
    );
    folder.write('project/secrets/app/token', 'two');
    folder.write('project/.env.local', 'JWT_SECRET=local\n');
    expect(await Promise.all(changes)).toEqual(['two', 'local']);
  });

  test('writes to the one link that can be written to, or to the one that was chosen', async () => {
    expect((await open('providers: [{env: {}}, {keyward: {name: mine}}]')).writeTarget().name).toBe('mine');
    const two = 'providers: [{keyward: {name: a, prefix: a}}, {keyward: {name: b, prefix: b}}]';
    const undecided = await open(two);
    expect(() => undecided.writeTarget()).toThrow('several stores can be written to');
    expect((await open(`${two}\nwrite: b`)).writeTarget().name).toBe('b');
    const none = await open('providers: [{env: {}}]');
    expect(() => none.writeTarget()).toThrow('no store of the chain can be written to');
  });

  test('knows the references of the environment and of its .env files, the environment first', async () => {
    const config = 'providers: [{env: {}}, {dotenv: {files: [one.env]}}, {dotenv: {name: second, files: [two.env]}}]';
    const one = folder.write('project/one.env', 'A=keyward://a/file\nB=keyward://b/file\n');
    const two = folder.write('project/two.env', 'B=keyward://b/second\nC=keyward://c/second\nPLAIN=x\n');
    const { references } = await open(config);
    expect(await references({ A: 'keyward://a/environment', D: 'plain' })).toEqual(
      new Map([
        ['A', { value: 'keyward://a/environment', where: 'the environment' }],
        ['B', { value: 'keyward://b/file', where: `${one}:2` }],
        ['C', { value: 'keyward://c/second', where: `${two}:2` }],
      ]),
    );
  });

  test('knows its links by name', async () => {
    const workspace = await open('providers: [{env: {name: shell}}]');
    expect(workspace.provider('shell').kind).toBe('env');
    expect(() => workspace.provider('env')).toThrow('the chain has no store of the name');
  });

  test('puts the environment into the prefix of its store', async () => {
    await makeStore();
    const workspace = await open('providers: [{keyward: {prefix: "bot/{env}"}}]', 'staging');
    const payload = { kind: 'text', bytes: new TextEncoder().encode('v') } as const;
    await workspace.writeTarget().write(parsePath('app/x'), { payload });
    const { client } = await workspace.store();
    expect(await client.secrets.read({ path: parsePath('bot/staging/app/x') })).toMatchObject({ payload });
  });

  test('answers nothing once it is closed', async () => {
    await makeStore();
    const workspace = await open('providers: [{keyward: {}}]');
    await workspace.secrets.ready();
    await workspace.close();
    await expect(workspace.secrets.get('app/x')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test.each(['cache: { offline: true }', 'audit: { store: true }'])('%s needs a store', async (line) => {
    const config = `providers: [{env: {}}]\n${line}`;
    await expect(open(config)).rejects.toMatchObject({
      code: 'config',
      advice: expect.stringContaining('keyward init'),
    });
    await makeStore();
    await open(config);
  });

  test('records reads and calls of services in a file', async () => {
    const workspace = await open('providers: [{dotenv: {}}]\naudit: { file: log/access.log, principal: bot }');
    mkdirSync(folder.path('project/log'));
    await workspace.secrets.get('app/jwt_secret');
    await workspace.secrets.get('app/jwt_secret');
    await workspace.secrets.get('app/nothing', { default: '' });
    workspace.apiCall({ service: 'binance', endpoint: '/order', success: false, error: 'bad from-dotenv' });
    await workspace.close();
    const log = readFileSync(folder.path('project/log/access.log'), 'utf8');
    expect(entriesOf(log)).toMatchObject([
      { principal: 'bot', path: 'app/jwt_secret', provider: 'dotenv', outcome: 'found', cached: false },
      { path: 'app/jwt_secret', cached: true, count: 1 },
      { path: 'app/nothing', outcome: 'absent' },
      { event: 'api_call', service: 'binance', error: expect.stringContaining('***REDACTED***') },
    ]);
    expect(log).not.toContain('from-dotenv');
  });

  test("records reads of other stores in the store's own log, and reads of the store once", async () => {
    await makeStore();
    const workspace = await open('providers: [{keyward: {prefix: p}}, {dotenv: {}}]\naudit: { store: true }');
    await workspace.secrets.get('app/jwt_secret');
    await workspace.close();
    const { client } = await (await open('providers: [{keyward: {}}]')).store();
    const shown = await client.audit.show({ path: 'p/app/jwt_secret' });
    expect(shown.map(({ operation, details }) => [operation, details['provider']])).toEqual([
      ['secrets.read', undefined],
      ['audit.record', 'dotenv'],
    ]);
  });

  test('counts requests to stores in a registry', async () => {
    const metrics = new Registry();
    const workspace = await open('providers: [{dotenv: {}}]', 'development', { metrics });
    await workspace.secrets.get('app/jwt_secret');
    expect(await metrics.metrics()).toContain('secret_requests_total{backend="dotenv",status="found"} 1');
  });
});
