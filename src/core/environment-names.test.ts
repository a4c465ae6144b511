import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EmittedTarget,
  emitEnvironment,
  emittableName,
  emittedName,
  isGenericName,
  isSystemName,
  isValidEnvironmentName,
  lookupNames,
  targetsOf,
} from './environment-names.js';
import { bareEntry } from './inventory.js';
import { parsePath } from './path.js';

const at = (path: string, field?: string) => ({ path: parsePath(path), field });
const single = (path: string, ...env: string[]) => ({ ...bareEntry(parsePath(path)), env });

const word = fc.constantFrom(
  ...['app', 'exchange', 'binance', 'database', 'api', 'key', 'secret', 'api_key', 'api-secret', 'secret_key', 'token'],
  ...['user', 'host', 'port', 'home', 'path', 'password', 'ld', 'preload', 'node', 'options', 'a.b', '1st', 'x', 'id'],
);
const anyWord = fc.oneof(word, fc.stringMatching(/^[A-Za-z0-9_=-]{1,8}$/));
const target = fc
  .record({
    path: fc.array(anyWord, { minLength: 1, maxLength: 5 }).map((segments) => parsePath(segments.join('/'))),
    field: fc.option(fc.oneof(anyWord, fc.string({ minLength: 1, maxLength: 6 })), { nil: undefined }),
  })
  .map(({ path, field }) => ({ path, field }));

describe('names under which a secret is looked up', () => {
  test.each([
    ['database/postgres/password', undefined, ['DATABASE_POSTGRES_PASSWORD', 'POSTGRES_PASSWORD']],
    ['database/postgres', 'password', ['DATABASE_POSTGRES_PASSWORD', 'POSTGRES_PASSWORD']],
    ['test/path/test_key', undefined, ['TEST_PATH_TEST_KEY', 'PATH_TEST_KEY', 'TEST_KEY']],
    ['app/secret_key', undefined, ['APP_SECRET_KEY', 'SECRET_KEY']],
    ['app', 'api_key', ['APP_API_KEY', 'API_KEY']],
    ['app/web/secret_key', undefined, ['APP_WEB_SECRET_KEY', 'WEB_SECRET_KEY']],
    ['vantage/api-key', undefined, ['VANTAGE_API_KEY']],
    ['foo/api/key', undefined, ['FOO_API_KEY']],
    ['api_key', undefined, []],
    ['neural/production', 'jwt_secret', ['NEURAL_PRODUCTION_JWT_SECRET', 'PRODUCTION_JWT_SECRET', 'JWT_SECRET']],
    ['app/user', undefined, ['APP_USER']],
    ['app/port', undefined, ['APP_PORT', 'PORT']],
    ['net/1.2/dns', undefined, ['NET_1_2_DNS', 'DNS']],
    ['mail/a+b', undefined, []],
  ])('%s %s answers to %j', (path, field, names) => {
    expect(lookupNames(at(path, field))).toEqual(names);
  });

  test('both spellings of the secret key serve an exchange, the own one first', () => {
    const names = lookupNames(at('exchange/binance', 'api_secret'));
    expect(names.slice(0, 2)).toEqual(['EXCHANGE_BINANCE_API_SECRET', 'BINANCE_API_SECRET']);
    expect(names).toContain('BINANCE_SECRET_KEY');
    expect(lookupNames(at('exchange/binance/api_secret'))).toEqual(names);
    expect(lookupNames(at('exchange/binance', 'api_key'))).toContain('BINANCE_API_KEY');
    expect(lookupNames(at('exchange/unheard-of', 'passphrase'))).toContain('UNHEARD_OF_PASSWORD');
    expect(lookupNames(at('exchange/binance/readonly', 'api_secret'))).toContain('BINANCE_READONLY_SECRET_KEY');
  });

  test('other spellings are for exchanges only', () => {
    expect(lookupNames(at('service/billing', 'api_secret'))).not.toContain('BILLING_SECRET_KEY');
  });

  test('a name without the exchange never serves an exchange', () => {
    for (const field of ['private_key', 'testnet', 'uid', 'api_key', 'webhook']) {
      for (const path of ['exchange/binance', 'exchange/binance/readonly']) {
        for (const name of lookupNames(at(path, field))) expect(name).toMatch(/^(EXCHANGE_)?BINANCE_/);
      }
    }
  });

  test('names that the inventory gives stand alone', () => {
    const entry = single('database/postgres/password', 'PGPASSWORD', 'POSTGRES_PASSWORD');
    expect(lookupNames(at('database/postgres/password'), entry)).toEqual(['PGPASSWORD', 'POSTGRES_PASSWORD']);
    const fieldEnv = new Map([['api_secret', ['BINANCE_SECRET_KEY']]]);
    const document = { ...bareEntry(parsePath('exchange/binance')), fields: ['api_key', 'api_secret'], fieldEnv };
    expect(lookupNames(at('exchange/binance', 'api_secret'), document)).toEqual(['BINANCE_SECRET_KEY']);
    expect(lookupNames(at('exchange/binance', 'api_key'), document)[1]).toBe('BINANCE_API_KEY');
  });

  test('the entry of another secret is not asked', () => {
    expect(lookupNames(at('app/a'), single('app/b', 'STOLEN'))).toEqual(['APP_A', 'A']);
  });

  test('a system name answers only where the inventory gives it', () => {
    expect(lookupNames(at('app/host'))).toEqual(['APP_HOST']);
    expect(lookupNames(at('app/host'), single('app/host', 'HOST'))).toEqual(['HOST']);
    expect(lookupNames(at('evil/ld/preload'))).toEqual(['EVIL_LD_PRELOAD', 'PRELOAD']);
  });

  test('letters outside ASCII in a field make no name', () => {
    expect(lookupNames(at('app', 'ß'))).toEqual([]);
    expect(lookupNames(at('app', 'pıd'))).toEqual([]);
  });

  test('no generic name answers except directly under app, and no system name at all', () => {
    fc.assert(
      fc.property(target, ({ path, field }) => {
        const depth = path.split('/').length + (field === undefined ? 0 : 1);
        const isInApp = path.split('/')[0] === 'app' && depth === 2;
        for (const name of lookupNames({ path, field })) {
          expect(isValidEnvironmentName(name)).toBe(true);
          expect(isSystemName(name)).toBe(false);
          if (!isInApp) expect(isGenericName(name)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('API_KEY, USER, HOST, PORT and SECRET_KEY answer for nothing but their namesake under app', () => {
    const guarded = new Set(['API_KEY', 'USER', 'HOST', 'PORT', 'SECRET_KEY']);
    fc.assert(
      fc.property(target, ({ path, field }) => {
        const own = (field === undefined ? path : `${path}/${field}`).toUpperCase().replaceAll(/[-.]/g, '_');
        for (const name of lookupNames({ path, field })) if (guarded.has(name)) expect(own).toBe(`APP/${name}`);
      }),
      { numRuns: 1000 },
    );
  });

  test('names are distinct, and those of the own spelling come longest first', () => {
    fc.assert(
      fc.property(target, (any) => {
        const names = lookupNames(any);
        expect(new Set(names).size).toBe(names.length);
        if (any.path.startsWith('exchange/')) return;
        expect(names.map((name) => name.length)).toEqual(names.map((name) => name.length).sort((a, b) => b - a));
      }),
    );
  });
});

describe('the name that a secret is emitted under', () => {
  test.each([
    ['exchange/binance', 'api_key', 'BINANCE_API_KEY'],
    ['exchange/binance/readonly', 'api_secret', 'BINANCE_READONLY_API_SECRET'],
    ['database/postgres/password', undefined, 'POSTGRES_PASSWORD'],
    ['app/secret_key', undefined, 'SECRET_KEY'],
    ['monitoring/sentry_dsn', undefined, 'SENTRY_DSN'],
    ['notifications/slack_webhook_url', undefined, 'SLACK_WEBHOOK_URL'],
    ['services/kafka/sasl_password', undefined, 'KAFKA_SASL_PASSWORD'],
    ['gateway/passphrase', undefined, 'GATEWAY_PASSPHRASE'],
    ['vantage/api-key', undefined, 'VANTAGE_API_KEY'],
    ['database/url', undefined, 'DATABASE_URL'],
    ['app/path', undefined, 'APP_PATH'],
  ])('%s %s is %s', (path, field, name) => {
    expect(emittedName(at(path, field))).toBe(name);
  });

  test('the inventory comes before the recorded name, and that before the path', () => {
    const entry = single('database/postgres/password', 'PGPASSWORD', 'POSTGRES_PASSWORD');
    expect(emittedName(at('database/postgres/password'), entry, 'DB_PASS')).toBe('PGPASSWORD');
    expect(emittedName(at('database/postgres/password'), undefined, 'DB_PASS PGPASSWORD')).toBe('DB_PASS');
  });

  test.each(['LD_PRELOAD', 'PATH', 'NODE_OPTIONS', 'not-valid', ''])(
    'a recorded %j has no effect, since whoever may write a secret may write its metadata',
    (recorded) => {
      expect(emittedName(at('app/jwt_secret'), undefined, recorded)).toBe('JWT_SECRET');
    },
  );

  test.each(['api_key', 'path', 'mail/a+b', '1st'])('nothing follows from %s, which is an error naming it', (path) => {
    expect(emittableName(at(path))).toBeUndefined();
    expect(() => emittedName(at(path))).toThrowError(
      expect.objectContaining({ code: 'config', path, message: expect.stringContaining(path) }),
    );
  });

  test('what is emitted is found again', () => {
    fc.assert(
      fc.property(target, (any) => {
        const name = emittableName(any);
        if (name !== undefined) expect(lookupNames(any)).toContain(name);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the environment that a process gets', () => {
  const emit = (...targets: EmittedTarget[]) => Object.fromEntries(emitEnvironment(targets).names);

  test('every name that the inventory gives leads to the secret', () => {
    const entry = single('database/clickhouse/password', 'WORKER_CLICKHOUSE_PASSWORD', 'API_CLICKHOUSE_PASSWORD');
    const given = { path: entry.path, entry };
    expect(emit(given)).toEqual({ WORKER_CLICKHOUSE_PASSWORD: given, API_CLICKHOUSE_PASSWORD: given });
  });

  test('an entry without names is emitted field by field under derived ones', () => {
    const entry = { ...bareEntry(parsePath('exchange/okx')), fields: ['api_key', 'passphrase'] };
    expect(Object.keys(emit(...targetsOf(entry)))).toEqual(['OKX_API_KEY', 'OKX_PASSPHRASE']);
    expect(targetsOf(single('app/a'))).toEqual([{ path: 'app/a', entry: single('app/a') }]);
  });

  test('two secrets that claim one name are an error naming both', () => {
    const claim = () => emit(at('exchange/binance', 'api_key'), at('app/binance_api_key'));
    expect(claim).toThrowError(expect.objectContaining({ code: 'config' }));
    expect(claim).toThrowError(/exchange\/binance#api_key and app\/binance_api_key .* BINANCE_API_KEY/);
  });

  test('the same secret twice is no conflict', () => {
    expect(Object.keys(emit(at('app/a'), at('app/a')))).toEqual(['A']);
  });

  test('an invalid name from the inventory is refused', () => {
    const entry = single('app/a', 'not-valid');
    expect(() => emit({ path: entry.path, entry })).toThrowError(/"not-valid"/);
  });
});
