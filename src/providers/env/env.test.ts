import { symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookupNames } from '../../core/environment-names.js';
import { bareEntry, emptyInventory, type Inventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { fieldsOf, payloadText } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import { parseRef } from '../../core/ref.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { createEnvProvider } from './env.js';

const runner = { describe, test, skip: test.skip };

providerContract(
  runner,
  'env',
  async () => {
    const env: Record<string, string> = {};
    return {
      subject: {
        provider: createEnvProvider({ name: 'env', env, inventory: emptyInventory, isProduction: false }),
        seed: async (path, payload) => {
          env[lookupNames({ path })[0] ?? ''] = payloadText(payload);
        },
      },
    };
  },
  [
    { test: 'gives binary back exactly', reason: 'a variable holds text' },
    { test: 'keeps paths apart that differ in case only', reason: 'names of variables are upper-case' },
    { test: 'keeps every character that a path may have', reason: 'names of variables are letters, digits and _' },
  ],
);

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function reader(env: Readonly<Record<string, string>>, inventory: Inventory = emptyInventory) {
  const provider = createEnvProvider({ name: 'env', env, inventory, isProduction: false });
  return async (ref: string) => {
    const payload = (await provider.read(parseRef(ref)))?.payload;
    if (payload === undefined) return undefined;
    const fields = [...fieldsOf(payload)].map(([name, field]) => [name, payloadText(field)] as const);
    return fields.length === 1 && fields[0]?.[0] === 'value' ? fields[0][1] : Object.fromEntries(fields);
  };
}

describe('names', () => {
  test('the documented paths are found under their usual names', async () => {
    const read = reader({
      BINANCE_API_KEY: 'b',
      POSTGRES_PASSWORD: 'p',
      SECRET_KEY: 's',
      TEST_KEY: 't',
    });
    expect(await read('exchange/binance/api_key')).toBe('b');
    expect(await read('database/postgres/password')).toBe('p');
    expect(await read('app/secret_key')).toBe('s');
    expect(await read('test/path/test_key')).toBe('t');
  });

  test('the longest name wins', async () => {
    expect(
      await reader({ BINANCE_API_KEY: 'short', EXCHANGE_BINANCE_API_KEY: 'long' })('exchange/binance/api_key'),
    ).toBe('long');
  });

  test('a generic name never hands one secret out for another', async () => {
    const read = reader({ API_KEY: 'x', PASSWORD: 'x', TOKEN: 'x', SECRET: 'x', USER: 'x', KEY: 'x' });
    for (const path of ['exchange/kraken/api_key', 'database/redis/password', 'bot/token', 'foo/api/key', 'db/user']) {
      expect(await read(path), path).toBeUndefined();
    }
  });

  test('an explicit name in the inventory stands alone', async () => {
    const path = parsePath('database/postgres/password');
    const inventory = new Map([[path, { ...bareEntry(path), env: ['PGPASSWORD', 'DB_PASS'] }]]);
    const read = reader({ POSTGRES_PASSWORD: 'derived', DB_PASS: 'explicit' }, inventory);
    expect(await read(path)).toBe('explicit');
  });

  test('what every object inherits is no variable', async () => {
    const path = parsePath('app/key');
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
    const inventory = new Map([[path, { ...bareEntry(path), env: names }]]);
    expect(await reader({}, inventory)(path)).toBeUndefined();
  });

  test('a change of the environment is seen at the next read', async () => {
    const env: Record<string, string> = { APP_JWT: 'one' };
    const read = reader(env);
    expect(await read('app/jwt')).toBe('one');
    env['APP_JWT'] = 'two';
    expect(await read('app/jwt')).toBe('two');
  });
});

describe('documents', () => {
  const env = {
    BINANCE_API_KEY: 'k',
    BINANCE_SECRET_KEY: 's',
    BINANCE_TESTNET: 'false',
    BINANCE_WEBHOOK: 'not a known field',
  };

  test('an exchange is put together from the fields that the catalogue names', async () => {
    expect(await reader(env)('exchange/binance')).toEqual({ api_key: 'k', api_secret: 's', testnet: 'false' });
  });

  test('an account of an exchange is put together in the same way', async () => {
    const read = reader({ BINANCE_READONLY_API_KEY: 'k', BINANCE_READONLY_API_SECRET: 's', ...env });
    expect(await read('exchange/binance/readonly')).toEqual({ api_key: 'k', api_secret: 's' });
  });

  test('other documents are put together from the fields of the inventory alone', async () => {
    const path = parsePath('database/postgres');
    const inventory = new Map([[path, { ...bareEntry(path), fields: ['host', 'password'] }]]);
    const set = { POSTGRES_HOST: 'h', POSTGRES_PASSWORD: 'p', POSTGRES_OTHER: 'o' };
    expect(await reader(set, inventory)(path)).toEqual({ host: 'h', password: 'p' });
    expect(await reader(set)(path)).toBeUndefined();
  });

  test('a field that is asked for needs no catalogue', async () => {
    expect(await reader(env)('exchange/binance#webhook')).toEqual({ webhook: 'not a known field' });
    expect(await reader({ POSTGRES_HOST: 'h' })('database/postgres#host')).toEqual({ host: 'h' });
  });

  test('a JSON document in one variable counts before single fields', async () => {
    const read = reader({ ...env, EXCHANGE_BINANCE: '{"api_key":"in json"}' });
    expect(await read('exchange/binance')).toEqual({ api_key: 'in json' });
    expect(await read('exchange/binance#api_key')).toEqual({ api_key: 'in json' });
    expect(await read('exchange/binance#api_secret')).toEqual({ api_secret: 's' });
  });

  test('a flag that is called like an exchange is not taken for its credentials', async () => {
    expect(await reader({ ...env, BINANCE: 'true' })('exchange/binance')).toEqual({
      api_key: 'k',
      api_secret: 's',
      testnet: 'false',
    });
    expect(await reader({ BINANCE: 'true' })('exchange/binance')).toBeUndefined();
  });

  test('an empty variable is a value of its field', async () => {
    expect(await reader({ BINANCE_API_KEY: '' })('exchange/binance')).toEqual({ api_key: '' });
  });
});

describe('NAME_FILE', () => {
  test('the file is read, without one final newline', async () => {
    for (const [content, value] of [
      ['secret\n', 'secret'],
      ['secret\r\n', 'secret'],
      ['secret', 'secret'],
      ['secret\n\n', 'secret\n'],
      ['\n', ''],
      ['', ''],
    ] as const) {
      const file = folder.write('key', content);
      expect(await reader({ BINANCE_API_KEY_FILE: file })('exchange/binance/api_key')).toBe(value);
    }
  });

  test('fields of a document may come from files', async () => {
    const file = folder.write('secret', 'from file\n');
    const read = reader({ KRAKEN_API_KEY: 'direct', KRAKEN_API_SECRET_FILE: file });
    expect(await read('exchange/kraken')).toEqual({ api_key: 'direct', api_secret: 'from file' });
  });

  test('a file of bytes is a binary value, and no field of a document', async () => {
    const file = folder.write('key', Uint8Array.of(0xff, 0xfe, 0x0a));
    const provider = createEnvProvider({
      name: 'env',
      env: { APP_CERT_FILE: file, BINANCE_API_KEY_FILE: file },
      inventory: emptyInventory,
      isProduction: false,
    });
    expect((await provider.read(parseRef('app/cert')))?.payload).toEqual({
      kind: 'binary',
      bytes: Uint8Array.of(0xff, 0xfe),
    });
    await expect(provider.read(parseRef('exchange/binance'))).rejects.toMatchObject({ code: 'invalid' });
  });

  test('both set is refused, naming both variables and no value', async () => {
    const read = reader({ REDIS_PASSWORD: 'CANARY', REDIS_PASSWORD_FILE: '/run/secrets/redis' });
    const error = await read('database/redis/password').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config', message: expect.stringContaining('REDIS_PASSWORD_FILE') });
    expect(String(error)).not.toContain('CANARY');
  });

  test('an empty NAME_FILE is not set', async () => {
    expect(await reader({ REDIS_PASSWORD: 'x', REDIS_PASSWORD_FILE: '' })('database/redis/password')).toBe('x');
  });

  test('a file that is missing, relative, a folder or too large is an error, never absence', async () => {
    const large = folder.write('large', 'x'.repeat(512 * 1024 + 1));
    for (const [file, code] of [
      [folder.path('missing'), 'config'],
      ['package.json', 'config'],
      [folder.path('.'), 'config'],
      [large, 'too_large'],
    ]) {
      await expect(reader({ APP_JWT_FILE: file ?? '' })('app/jwt')).rejects.toMatchObject({ code });
    }
  });

  test('a symbolic link is followed, as secret mounts need it', async () => {
    folder.write('data/key', 'x\n');
    symlinkSync('data/key', folder.path('key'));
    expect(await reader({ APP_JWT_FILE: folder.path('key') })('app/jwt')).toBe('x');
  });
});

test('in production it warns that the environment serves secrets', async () => {
  const health = (isProduction: boolean) =>
    createEnvProvider({ name: 'env', env: {}, inventory: emptyInventory, isProduction }).health();
  expect(await health(true)).toMatchObject({ status: 'healthy', findings: [{ severity: 'warning' }] });
  expect(await health(false)).toEqual({ status: 'healthy', findings: [] });
});
