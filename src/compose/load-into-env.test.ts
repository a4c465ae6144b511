import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { type OpenedSecrets, openSecrets } from './open-secrets.js';

let folder: TemporaryFolder;
let opened: OpenedSecrets[];

beforeEach(() => {
  folder = temporaryFolder();
  opened = [];
});
afterEach(async () => {
  for (const secrets of opened) await secrets.close();
  folder.remove();
});

const inventory = 'secrets: { app/jwt_secret: {}, exchange/binance: { fields: [api_key, api_secret] } }';
const values = {
  'app/jwt_secret': 'jwt',
  'exchange/binance/api_key': 'key',
  'exchange/binance/api_secret': 'secret',
};

async function open(secretsPart = inventory, files: Readonly<Record<string, string>> = values): Promise<OpenedSecrets> {
  for (const [path, text] of Object.entries(files)) folder.write(`project/secrets/${path}`, text);
  const config = folder.write('project/keyward.yaml', `providers: [{ files: { root: ./secrets } }]\n${secretsPart}\n`);
  const secrets = await openSecrets({ config, cwd: folder.path('project'), env: { HOME: folder.path('') } });
  opened.push(secrets);
  return secrets;
}

describe('loadIntoEnv', () => {
  test('sets what the inventory lists, keeps what is set, and answers the names of both', async () => {
    const into: Record<string, string | undefined> = { BINANCE_API_KEY: '', OTHER: 'x' };
    const loaded = await (await open()).loadIntoEnv({ into });
    expect(loaded).toEqual({ isOn: true, set: ['BINANCE_API_SECRET', 'JWT_SECRET'], kept: ['BINANCE_API_KEY'] });
    expect(into).toEqual({ BINANCE_API_KEY: '', OTHER: 'x', JWT_SECRET: 'jwt', BINANCE_API_SECRET: 'secret' });
  });

  test('works on the environment of the process when no other is given', async () => {
    const name = 'KEYWARDLESS_TEST_VALUE';
    const secrets = await open(`secrets: { app/jwt_secret: { env: ${name} } }`);
    try {
      expect((await secrets.loadIntoEnv()).set).toEqual([name]);
      expect(process.env[name]).toBe('jwt');
    } finally {
      delete process.env[name];
    }
  });

  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
    [undefined, false],
  ])('with a switch that is %j loads: %j', async (value, isOn) => {
    const into: Record<string, string | undefined> = { USE_KEYWARD_SECRETS: value };
    const loaded = await (await open()).loadIntoEnv({ into, when: 'USE_KEYWARD_SECRETS' });
    expect(loaded.isOn).toBe(isOn);
    expect(into['JWT_SECRET']).toBe(isOn ? 'jwt' : undefined);
  });

  test.each(['yes', 'TRUE', ' true', '2'])('refuses a switch that is %j', async (value) => {
    const into = { USE_KEYWARD_SECRETS: value };
    const load = (await open()).loadIntoEnv({ into, when: 'USE_KEYWARD_SECRETS' });
    await expect(load).rejects.toMatchObject({ code: 'config' });
  });

  test('sets only the names that are asked for', async () => {
    const into = {};
    await (await open()).loadIntoEnv({ into, names: ['JWT_SECRET'] });
    expect(into).toEqual({ JWT_SECRET: 'jwt' });
    await expect((await open()).loadIntoEnv({ into: {}, names: ['JWT_SECRE'] })).rejects.toThrow(
      'nothing gives JWT_SECRE',
    );
  });

  test('resolves references, which do not count as set', async () => {
    const into: Record<string, string | undefined> = {
      JWT_SECRET: 'keyward://exchange/binance#api_key',
      MORE: 'keyward://app/jwt_secret',
    };
    await (await open()).loadIntoEnv({ into });
    expect(into).toMatchObject({ JWT_SECRET: 'key', MORE: 'jwt' });
  });

  test.each([
    ['a name that changes how programs run', 'secrets: { app/jwt_secret: { env: NODE_OPTIONS } }', {}, 'config'],
    ['a required value that is missing', 'secrets: { app/jwt_secret: {}, app/missing: {} }', {}, 'not_found'],
    ['a reference to nothing', inventory, { REFERENCE: 'keyward://app/nothing' }, 'not_found'],
  ])('sets nothing at all for %s', async (_what, secretsPart, before, code) => {
    const into = { ...before };
    await expect((await open(secretsPart)).loadIntoEnv({ into })).rejects.toMatchObject({ code });
    expect(into).toEqual(before);
  });

  test('refuses a binary value by its name', async () => {
    const secrets = await open('secrets: { app/icon: { env: ICON } }', { 'app/icon': 'a\0b' });
    await expect(secrets.loadIntoEnv({ into: {} })).rejects.toThrow('the value of ICON is binary');
  });

  test('keeps what the program sets itself while the stores are asked', async () => {
    const into: Record<string, string | undefined> = {};
    const loading = (await open()).loadIntoEnv({ into });
    into['JWT_SECRET'] = 'mine';
    expect((await loading).kept).toEqual(['JWT_SECRET']);
    expect(into['JWT_SECRET']).toBe('mine');
  });

  test('knows derived names', async () => {
    const secrets = await open(
      'secrets: { app/jwt_secret: {}, app/url: { from: "https://h/{app/jwt_secret}", env: A_URL } }',
    );
    const into: Record<string, string | undefined> = {};
    await secrets.loadIntoEnv({ into });
    expect(into['A_URL']).toBe('https://h/jwt');
  });
});
