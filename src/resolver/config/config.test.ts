import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { emptyInventory } from '../../core/inventory.js';
import type { Secret } from '../../core/secret.js';
import { chainUnderTest } from '../../testing/chain-under-test.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { createSecrets } from '../create-secrets.js';
import { plain, secret } from './config-entry.js';
import type { StandardSchema } from './standard-schema.js';

const port = v.pipe(v.string(), v.transform(Number), v.integer(), v.maxValue(65_535));
const canary = 'canary-7f3a';

function over(values: Readonly<Record<string, string | Uint8Array | Readonly<Record<string, string>>>>) {
  return createSecrets({
    links: [{ provider: createMemoryProvider({ secrets: values }) }],
    inventory: emptyInventory,
    environment: 'test',
    production: false,
  });
}

const failureOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

describe('config()', () => {
  test('gives one object in the shape that was asked for, with its types', async () => {
    const secrets = over({ 'app/jwt_secret': canary, 'app/port': '8080', 'database/postgres': { password: 'pw' } });
    const config = await secrets.config({
      jwt: secret('app/jwt_secret'),
      name: plain('app/port'),
      server: { port: plain('app/port', port) },
      password: secret('database/postgres#password'),
      sentry: secret('monitoring/sentry_dsn', { optional: true }),
      fallback: secret('app/other', { default: 'none' }),
    });
    expectTypeOf(config).toEqualTypeOf<{
      readonly jwt: Secret;
      readonly name: string;
      readonly server: { readonly port: number };
      readonly password: Secret;
      readonly sentry: Secret | undefined;
      readonly fallback: Secret;
    }>();
    expect(config.jwt.expose()).toBe(canary);
    expect(config.server).toEqual({ port: 8080 });
    expect(config.password.expose()).toBe('pw');
    expect(config.name).toBe('8080');
    expect(config.sentry).toBeUndefined();
    expect(config.fallback.origin?.provider).toBe('default');
    expect(JSON.stringify(config)).not.toContain(canary);
    expect(Object.isFrozen(config.server)).toBe(true);
  });

  test('names everything that is missing or wrong at once, and no value', async () => {
    const secrets = over({ 'app/port': canary, 'app/icon': Uint8Array.of(255, 0), 'app/level': 'x' });
    const error = await failureOf(
      secrets.config({
        jwt: secret('app/jwt_secret'),
        server: { port: plain('app/port', v.picklist(['80', '443'])), icon: plain('app/icon') },
        level: plain('app/level', port),
        region: plain('app/region', v.string()),
      }),
    );
    expect(error).toMatchObject({ code: 'invalid' });
    const { message } = error as Error;
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'the configuration is not complete',
      'jwt (app/jwt_secret)',
      'server.port (app/port)',
      'server.icon (app/icon)',
      'level (app/level)',
      'region (app/region)',
    ]);
    expect(message).not.toContain(canary);
    expect(message).toContain('Expected ("80" | "443")');
  });

  test('has the code not_found when nothing is wrong but absence', async () => {
    const error = await failureOf(over({}).config({ a: secret('a'), b: plain('b') }));
    expect(error).toMatchObject({ code: 'not_found' });
  });

  test('an outage is never taken for absence: neither default, optional nor schema covers it', async () => {
    const { store, secrets, settle } = chainUnderTest();
    const provider = store({ name: 'down', otherwise: { error: 'unavailable' } });
    const chain = secrets({ links: [{ provider }] });
    const shapes = [
      { a: secret('a', { default: 'weak' }) },
      { a: secret('a', { optional: true }) },
      { a: plain('a', v.optional(v.string(), 'weak')) },
    ];
    for (const shape of shapes) {
      expect(await failureOf(settle(chain.config(shape)))).toMatchObject({ code: 'unavailable' });
    }
  });

  test('leaves the default of a plain value to its schema', async () => {
    const config = await over({}).config({ port: plain('app/port', v.optional(port, '3000')) });
    expect(config).toEqual({ port: 3000 });
  });

  test('waits for a schema that answers later, and reports one that throws without its message', async () => {
    const late: StandardSchema<Date> = {
      '~standard': { version: 1, vendor: 'test', validate: async (text) => ({ value: new Date(String(text)) }) },
    };
    const broken: StandardSchema<Date> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (text) => {
          throw new TypeError(`cannot read ${text}`);
        },
      },
    };
    const secrets = over({ 'app/since': '2026-01-02', 'app/canary': canary });
    const config = await secrets.config({ since: plain('app/since', late) });
    expectTypeOf(config.since).toEqualTypeOf<Date>();
    expect(config.since.getUTCFullYear()).toBe(2026);
    const error = await failureOf(secrets.config({ canary: plain('app/canary', broken) }));
    expect((error as Error).message).toContain('canary (app/canary): its schema failed unexpectedly');
    expect((error as Error).message).not.toContain(canary);
  });

  test.each(['app/name', null, undefined, 5])(
    'refuses a shape that holds %j in the place of an entry',
    async (entry) => {
      const shape = JSON.parse(JSON.stringify({ server: { name: null } }));
      shape.server.name = entry;
      const outcome = failureOf(over({}).config(shape));
      expect(await outcome).toMatchObject({ code: 'invalid', message: expect.stringContaining('server.name of the') });
    },
  );

  test('an empty value is a value', async () => {
    expect(await over({ 'app/name': '' }).config({ name: plain('app/name') })).toEqual({ name: '' });
  });

  test('keys such as __proto__ are ordinary keys', async () => {
    const shape = Object.fromEntries([['__proto__', plain('app/name')]]);
    const config = await over({ 'app/name': 'x' }).config(shape);
    expect(Object.keys(config)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
  });

  test('reads a name once, however often the shape has it', async () => {
    const entry = secret('app/name');
    const config = await over({ 'app/name': 'x' }).config({ a: entry, b: entry, c: plain('app/name') });
    expect([config.a.expose(), config.b.expose(), config.c]).toEqual(['x', 'x', 'x']);
  });
});
