import { describe, expect, test } from 'vitest';
import { type ErrorCode, KeywardError } from '../core/errors.js';
import { parsePath } from '../core/path.js';
import { compilePathPattern } from '../core/path-pattern.js';
import type { Ref } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import type { ScriptedProvider } from '../testing/scripted-provider.js';

const name = 'app/jwt';
const second = 1_000;
const outages: readonly ErrorCode[] = ['unavailable', 'throttled', 'timeout'];
const stopping: readonly ErrorCode[] = [
  ...(['denied', 'unauthenticated', 'deleted', 'sealed', 'invalid', 'integrity'] as const),
  ...(['conflict', 'too_large', 'unsupported', 'config', 'internal'] as const),
];

function vaultAwsEnv() {
  const chain = chainUnderTest();
  const single = { layout: 'single' } as const;
  const vault = chain.store({ name: 'vault', traits: single });
  const aws = chain.store({ name: 'aws', traits: single });
  const env = chain.store({ name: 'env', traits: { ...single, managed: false } });
  const links = [vault, aws, env].map((provider) => ({ provider }));
  return { ...chain, vault, aws, env, links };
}

function failing(store: ScriptedProvider, error: ErrorCode) {
  store.says(name, { error });
  store.says('app', { error });
}

async function failure(outcome: Promise<unknown>): Promise<KeywardError> {
  const error = await outcome.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KeywardError) return error;
  throw new Error(`expected a KeywardError, got ${String(error)}`);
}

describe('attested absence', () => {
  test('goes on to the next store, and the answer is not degraded', async () => {
    const { vault, aws, env, links, secrets } = vaultAwsEnv();
    aws.says(name, { value: 'from-aws', version: 4 });
    const secret = await secrets({ links, production: true }).get(name);
    expect(secret.expose()).toBe('from-aws');
    expect(secret.origin).toEqual({
      provider: 'aws',
      version: 4,
      createdAt: new Date(Date.UTC(2030, 0, 1)),
      ageMs: 0,
      degraded: false,
    });
    expect(vault.asked).toEqual([name, 'app#jwt']);
    expect(env.calls).toBe(0);
  });

  test('in every store is not_found, naming the stores, and gives the default', async () => {
    const { links, secrets } = vaultAwsEnv();
    const face = secrets({ links });
    const error = await failure(face.get(name));
    expect(error).toMatchObject({ code: 'not_found', path: name });
    expect(error.message).toContain('vault, aws, env');
    const secret = await face.get(name, { default: 'fallback' });
    expect(secret.expose()).toBe('fallback');
    expect(secret.origin?.provider).toBe('default');
  });

  test('thrown as not_found is not attested: no later store, no default, code invalid', async () => {
    const { vault, aws, env, links, secrets } = vaultAwsEnv();
    failing(vault, 'not_found');
    env.says(name, { value: 'weak' });
    const error = await failure(secrets({ links }).get(name, { default: 'fallback' }));
    expect(error).toMatchObject({ code: 'invalid', store: 'vault', path: name });
    expect([aws.calls, env.calls]).toEqual([0, 0]);
  });

  test('in every store drops the last good value', async () => {
    const { vault, links, secrets, clock, settle } = vaultAwsEnv();
    const face = secrets({ links: links.slice(0, 1), cache: { ttlMs: 0 } });
    vault.says(name, { value: 'removed' });
    await face.get(name);
    vault.says(name, { absent: true });
    expect(await failure(face.get(name))).toMatchObject({ code: 'not_found' });
    await clock.advance(second);
    failing(vault, 'unavailable');
    expect(await failure(settle(face.get(name)))).toMatchObject({ code: 'unavailable' });
  });

  test('in the store that gave the last good value drops it, even when a later store is down', async () => {
    const { vault, aws, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links, cache: { ttlMs: 0 } });
    vault.says(name, { value: 'removed' });
    await face.get(name);
    vault.says(name, { absent: true });
    failing(aws, 'unavailable');
    expect(await failure(settle(face.get(name, { default: 'x' })))).toMatchObject({ code: 'unavailable' });
  });
});

describe('a failure that is no outage', () => {
  test.each(stopping)(
    '%s stops the chain, names store and path, asks no later store and ignores a default',
    async (code) => {
      const { vault, aws, env, links, secrets } = vaultAwsEnv();
      failing(vault, code);
      aws.says(name, { value: 'weaker' });
      const error = await failure(secrets({ links }).get(name, { default: 'fallback' }));
      expect(error).toMatchObject({ code, store: 'vault', path: name });
      expect(error.message).toContain('vault');
      expect(error.message).toContain(name);
      expect([aws.calls, env.calls]).toEqual([0, 0]);
    },
  );

  test.each(stopping)('%s drops the cached copy, so that a later outage cannot bring it back', async (code) => {
    const { vault, links, secrets, clock, settle } = vaultAwsEnv();
    const face = secrets({ links, cache: { ttlMs: 60 * second } });
    vault.says(name, { value: 'revoked' });
    await face.get(name);
    failing(vault, code);
    await clock.advance(60 * second);
    expect(await failure(face.get(name))).toMatchObject({ code });
    failing(vault, 'unavailable');
    expect(await failure(settle(face.get(name)))).toMatchObject({ code: 'unavailable' });
  });

  test('denied drops every copy read at the same place, whichever question read it', async () => {
    const { vault, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links: links.slice(0, 1) });
    vault.says('app', { fields: { jwt: 'revoked', other: 'kept' } });
    await face.getAll('app');
    await face.get('app#jwt', { provider: 'vault' });
    await face.get('app#other');
    vault.says('app', { error: 'denied' });
    await failure(face.get('app#jwt'));
    vault.says('app', { error: 'unavailable' });
    expect(await failure(settle(face.getAll('app')))).toMatchObject({ code: 'unavailable' });
    expect(await failure(settle(face.get('app#jwt', { provider: 'vault' })))).toMatchObject({ code: 'unavailable' });
    expect((await face.get('app#other')).expose()).toBe('kept');
  });

  test('denied keeps an answer whose reading began before it from being remembered', async () => {
    const { vault, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links: links.slice(0, 1) });
    vault.says('app', { fields: { jwt: 'revoked' }, delayMs: 500 }, { error: 'denied' });
    const early = face.getAll('app');
    await failure(face.get('app#jwt'));
    expect((await settle(early))['jwt']?.expose()).toBe('revoked');
    expect(await failure(face.getAll('app'))).toMatchObject({ code: 'denied' });
  });

  test.each([
    ['has no payload', { payload: undefined }],
    ['is of another path', { path: parsePath('app/other') }],
  ])('an answer that %s is invalid, never absence', async (_, change) => {
    const { vault, aws, links, secrets } = vaultAwsEnv();
    vault.says(name, { value: 'v' });
    aws.says(name, { value: 'weaker' });
    const read = async (ref: Ref) => Object.assign((await vault.read(ref)) ?? {}, change) as SecretVersion;
    const wrong = { ...vault, read };
    const error = await failure(
      secrets({ links: [{ provider: wrong }, ...links.slice(1)] }).get(name, { default: 'd' }),
    );
    expect(error).toMatchObject({ code: 'invalid', store: 'vault', path: name });
    expect(aws.calls).toBe(0);
  });

  test('denied suggests serves where a later store might hold the path, and not in the last store', async () => {
    const { vault, env, links, secrets } = vaultAwsEnv();
    const face = secrets({ links });
    failing(vault, 'denied');
    expect((await failure(face.get(name))).advice).toContain('`serves`');
    vault.says(name, { absent: true });
    vault.says('app', { absent: true });
    failing(env, 'denied');
    expect((await failure(face.get(name))).advice).not.toContain('limit env');
  });

  test('that is not ours becomes internal without its message', async () => {
    const { vault, links, secrets } = vaultAwsEnv();
    const broken = { ...vault, read: () => Promise.reject(new Error('canary-4711')) };
    const error = await failure(secrets({ links: [{ provider: broken }, ...links.slice(1)] }).get(name));
    expect(error).toMatchObject({ code: 'internal', store: 'vault', path: name });
    expect(error.message + error.advice).not.toContain('canary');
  });

  test('an answer of another version than the number asked for is integrity', async () => {
    const { vault, links, secrets } = vaultAwsEnv();
    vault.says(name, { value: 'other', version: 2 });
    expect(await failure(secrets({ links }).get(`${name}@3`))).toMatchObject({ code: 'integrity', store: 'vault' });
  });
});

describe('an outage', () => {
  test("is an error that names the store and keeps the store's own advice", async () => {
    const { vault, links, secrets } = vaultAwsEnv();
    const advice = 'Check that the volume is mounted.';
    const down = { ...vault, read: () => Promise.reject(new KeywardError('timeout', 'no volume', { advice })) };
    const face = secrets({ links: [{ provider: down, onUnavailable: 'stop' }, ...links.slice(1)] });
    const error = await failure(face.get(name));
    expect(error).toMatchObject({ code: 'unavailable', store: 'vault', advice });
    expect(error.message).toContain('vault');
  });

  test.each(outages)('%s gives the last good value, marked with its age', async (code) => {
    const { vault, env, links, secrets, clock, settle, accesses } = vaultAwsEnv();
    const face = secrets({ links, cache: { ttlMs: 300 * second, maxStaleMs: 3_600 * second } });
    vault.says(name, { value: 'good', version: 7 });
    env.says(name, { value: 'older and weaker' });
    await face.get(name);
    failing(vault, code);
    await clock.advance(300 * second);
    const secret = await settle(face.get(name));
    expect(secret.expose()).toBe('good');
    expect(secret.origin).toMatchObject({ provider: 'vault', version: 7, degraded: true });
    expect(secret.origin?.ageMs).toBeGreaterThanOrEqual(300 * second);
    expect(env.calls).toBe(0);
    expect(accesses.at(-1)).toMatchObject({
      provider: 'vault',
      outcome: 'found',
      version: 7,
      cached: true,
      degraded: true,
    });
    expect(accesses.at(-2)).toMatchObject({ provider: 'vault', outcome: code, cached: false });
  });

  test.each([true, false])(
    'after maxStale is unavailable, never a lower store (production: %s)',
    async (production) => {
      const { vault, aws, env, secrets, clock, settle, links } = vaultAwsEnv();
      const chain = links.map((link) => ({ ...link, onUnavailable: 'next' as const }));
      const face = secrets({ links: chain, production, cache: { ttlMs: 300 * second, maxStaleMs: 3_600 * second } });
      vault.says(name, { value: 'good' });
      aws.says(name, { value: 'weaker' });
      env.says(name, { value: 'weakest' });
      await face.get(name);
      failing(vault, 'timeout');
      await clock.advance(3_600 * second - 1);
      expect((await settle(face.get(name))).expose()).toBe('good');
      await clock.advance(second);
      const error = await failure(settle(face.get(name, { default: 'fallback' })));
      expect(error).toMatchObject({ code: 'unavailable', store: 'vault', path: name });
      expect([aws.calls, env.calls]).toEqual([0, 0]);
    },
  );

  test('of a store that served the document counts for a field that was not asked before', async () => {
    const { vault, env, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links });
    vault.says('exchange/binance', { fields: { api_key: 'k', api_secret: 's' } });
    env.says('exchange/binance/api_secret', { value: 'of a rotated key' });
    await face.getAll('exchange/binance');
    vault.says('exchange/binance', { error: 'unavailable' });
    vault.says('exchange/binance/api_secret', { error: 'unavailable' });
    expect(await failure(settle(face.get('exchange/binance/api_secret')))).toMatchObject({ code: 'unavailable' });
    expect(env.calls).toBe(0);
  });

  test('of a store that served one field of a document counts for the other fields', async () => {
    const { vault, env, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links });
    vault.says('exchange/binance', { fields: { api_key: 'k', api_secret: 's' } });
    env.says('exchange/binance/api_secret', { value: 'of a rotated key' });
    await face.get('exchange/binance/api_key');
    vault.says('exchange/binance', { error: 'unavailable' });
    expect(await failure(settle(face.get('exchange/binance/api_secret')))).toMatchObject({ code: 'unavailable' });
    expect(env.calls).toBe(0);
  });

  test('is not hidden by an absent rest: unavailable, neither not_found nor the default', async () => {
    const { vault, links, secrets, settle } = vaultAwsEnv();
    failing(vault, 'unavailable');
    const error = await failure(settle(secrets({ links }).get(name, { default: 'fallback' })));
    expect(error).toMatchObject({ code: 'unavailable', store: 'vault', path: name });
  });

  test('in development goes on to any store, and the answer is degraded', async () => {
    const { vault, env, links, secrets, settle, accesses } = vaultAwsEnv();
    failing(vault, 'unavailable');
    env.says(name, { value: 'from-env' });
    const secret = await settle(secrets({ links }).get(name));
    expect(secret.expose()).toBe('from-env');
    expect(secret.origin).toMatchObject({ provider: 'env', degraded: true });
    expect(accesses.at(-1)).toMatchObject({ provider: 'env', outcome: 'found', degraded: true });
  });

  test('in production goes on to another managed store', async () => {
    const { vault, aws, links, secrets, settle } = vaultAwsEnv();
    failing(vault, 'timeout');
    aws.says(name, { value: 'from-aws' });
    const secret = await settle(secrets({ links, production: true }).get(name));
    expect(secret.origin).toMatchObject({ provider: 'aws', degraded: true });
  });

  test('in production stops before an unmanaged store, also behind a managed one that is absent', async () => {
    const { vault, env, links, secrets, settle } = vaultAwsEnv();
    failing(vault, 'unavailable');
    env.says(name, { value: 'weak' });
    const error = await failure(settle(secrets({ links, production: true }).get(name, { default: 'x' })));
    expect(error).toMatchObject({ code: 'unavailable', store: 'vault' });
    expect(error.message).toContain('env may not stand in for it (environment production)');
    expect(env.calls).toBe(0);
  });

  test('in production reaches an unmanaged store where every link that is down says next', async () => {
    const { vault, aws, env, secrets, settle } = vaultAwsEnv();
    failing(vault, 'unavailable');
    failing(aws, 'unavailable');
    env.says(name, { value: 'from-env' });
    const next = 'next' as const;
    const documented = [
      { provider: vault, onUnavailable: next },
      { provider: aws, onUnavailable: next },
      { provider: env },
    ];
    expect((await settle(secrets({ links: documented, production: true }).get(name))).expose()).toBe('from-env');
    const half = [{ provider: vault, onUnavailable: next }, { provider: aws }, { provider: env }];
    const error = await failure(settle(secrets({ links: half, production: true }).get(name)));
    expect(error).toMatchObject({ code: 'unavailable', store: 'aws' });
  });

  test('of a link that says stop asks no other store, in development too', async () => {
    const { vault, aws, env, secrets, settle } = vaultAwsEnv();
    failing(vault, 'unavailable');
    aws.says(name, { value: 'weaker' });
    const links = [{ provider: vault, onUnavailable: 'stop' as const }, { provider: aws }, { provider: env }];
    expect(await failure(settle(secrets({ links }).get(name)))).toMatchObject({ code: 'unavailable', store: 'vault' });
    expect(aws.calls).toBe(0);
  });

  test('never turns a later refusal into something else', async () => {
    const { vault, aws, env, links, secrets, settle } = vaultAwsEnv();
    failing(vault, 'unavailable');
    failing(aws, 'denied');
    expect(await failure(settle(secrets({ links }).get(name)))).toMatchObject({ code: 'denied', store: 'aws' });
    expect(env.calls).toBe(0);
  });

  test('keeps asking a stand-in that works rather than repeating what it once said', async () => {
    const { vault, aws, links, secrets, clock, settle } = vaultAwsEnv();
    const face = secrets({ links });
    failing(vault, 'unavailable');
    aws.says(name, { value: 'first' }, { value: 'second' });
    await settle(face.get(name));
    await clock.advance(225 * second);
    expect((await settle(face.get(name))).expose()).toBe('second');
    vault.says(name, { value: 'vault is back' });
    await clock.advance(225 * second);
    const secret = await settle(face.get(name));
    expect(secret.expose()).toBe('vault is back');
    expect(secret.origin?.degraded).toBe(false);
  });

  test('of the stand-in gives the stand-in last good value', async () => {
    const { vault, aws, env, links, secrets, clock, settle } = vaultAwsEnv();
    const face = secrets({ links });
    failing(vault, 'unavailable');
    aws.says(name, { value: 'from-aws' });
    env.says(name, { value: 'weakest' });
    await settle(face.get(name));
    failing(aws, 'unavailable');
    await clock.advance(225 * second);
    const secret = await settle(face.get(name));
    expect(secret.origin).toMatchObject({ provider: 'aws', degraded: true });
  });

  test('is not asked again for half the time to live once the last good value stood in', async () => {
    const { vault, links, secrets, clock, settle } = vaultAwsEnv();
    const face = secrets({ links, cache: { ttlMs: 60 * second } });
    vault.says(name, { value: 'good' });
    await face.get(name);
    failing(vault, 'unavailable');
    await clock.advance(60 * second);
    await settle(face.get(name));
    const calls = vault.calls;
    await clock.advance(30 * second - 1);
    expect((await face.get(name)).origin?.degraded).toBe(true);
    expect(vault.calls).toBe(calls);
    vault.says(name, { value: 'new' });
    await clock.advance(15 * second + 1);
    expect((await face.get(name)).expose()).toBe('new');
  });
});

describe('retries and the deadline', () => {
  test.each(['unavailable', 'throttled'] as const)('%s is tried three times before it counts', async (error) => {
    const { vault, links, secrets, settle } = vaultAwsEnv();
    vault.says(name, { error }, { error }, { value: 'third time' });
    const secret = await settle(secrets({ links }).get(name));
    expect(secret.expose()).toBe('third time');
    expect(secret.origin?.degraded).toBe(false);
    expect(vault.calls).toBe(3);
  });

  test.each(['timeout', 'denied'] as const)('%s is not tried again', async (error) => {
    const { vault, secrets, links } = vaultAwsEnv();
    vault.says('app', { error });
    await failure(secrets({ links: links.slice(0, 1) }).get('app#jwt'));
    expect(vault.calls).toBe(1);
  });

  test('a retry that would end after the deadline is not begun', async () => {
    const { vault, links, secrets, settle, clock } = vaultAwsEnv();
    vault.says('app', { error: 'unavailable' });
    const outcome = secrets({ links: links.slice(0, 1), deadlineMs: 100 }).get('app#jwt');
    expect(await failure(settle(outcome))).toMatchObject({ code: 'unavailable' });
    expect(vault.calls).toBe(1);
    expect(clock.monotonic()).toBe(0);
  });

  test('a store that never answers leaves time for the next one', async () => {
    const { vault, aws, env, links, secrets, settle, clock } = vaultAwsEnv();
    vault.says(name, { value: 'too late', delayMs: 3_600 * second });
    aws.says(name, { value: 'too late', delayMs: 3_600 * second });
    env.says(name, { value: 'in time' });
    const secret = await settle(secrets({ links, deadlineMs: 9 * second }).get(name));
    expect(secret.expose()).toBe('in time');
    expect(clock.monotonic()).toBe(6 * second);
  });

  test('a store that never answers has all the time where no other may stand in, and no more', async () => {
    const { vault, env, secrets, settle, clock } = vaultAwsEnv();
    vault.says(name, { value: 'too late', delayMs: 3_600 * second });
    const links = [{ provider: vault }, { provider: env }];
    const face = secrets({ links, production: true, deadlineMs: 9 * second });
    expect(await failure(settle(face.get(name)))).toMatchObject({ code: 'unavailable', store: 'vault' });
    expect(clock.monotonic()).toBe(9 * second);
  });

  test('a store that never answers and ignores the signal still gives the last good value in time', async () => {
    const { vault, links, secrets, settle, clock } = vaultAwsEnv();
    let isHung = false;
    const provider = {
      ...vault,
      read: (...args: Parameters<typeof vault.read>) => (isHung ? new Promise<never>(() => {}) : vault.read(...args)),
    };
    const face = secrets({ links: [{ provider }, ...links.slice(1)], deadlineMs: 2 * second, cache: { ttlMs: 0 } });
    vault.says(name, { value: 'good' });
    await face.get(name);
    isHung = true;
    expect((await settle(face.get(name))).expose()).toBe('good');
    expect(clock.monotonic()).toBe(2 * second);
  });
});

describe('serves', () => {
  const only = (...patterns: string[]) => patterns.map(compilePathPattern);

  test('leaves a store unasked for any other path, also when it would refuse', async () => {
    const { vault, aws, env, secrets } = vaultAwsEnv();
    failing(vault, 'denied');
    aws.says(name, { value: 'from-aws' });
    const links = [{ provider: vault, serves: only('exchange/**') }, { provider: aws }, { provider: env }];
    expect((await secrets({ links }).get(name)).origin).toMatchObject({ provider: 'aws', degraded: false });
    expect(vault.calls).toBe(0);
  });

  test('of a document covers its fields, and only as fields', async () => {
    const { vault, secrets } = vaultAwsEnv();
    vault.says('exchange/binance', { fields: { api_key: 'k' } });
    const links = [{ provider: vault, serves: only('exchange/*') }];
    expect((await secrets({ links }).get('exchange/binance/api_key')).expose()).toBe('k');
    expect(vault.asked).toEqual(['exchange/binance#api_key']);
  });

  test('of a name covers the field of a document that the name stands for', async () => {
    const { vault, secrets } = vaultAwsEnv();
    vault.says('exchange/binance', { fields: { api_key: 'k', api_secret: 's' } });
    const links = [{ provider: vault, serves: only('exchange/binance/api_key') }];
    expect((await secrets({ links }).get('exchange/binance/api_key')).expose()).toBe('k');
    await expect(secrets({ links }).get('exchange/binance/api_secret')).rejects.toMatchObject({ code: 'config' });
  });

  test('leaves places out of a batch', async () => {
    const { store, secrets } = chainUnderTest();
    const provider = store({ name: 'store', traits: { layout: 'both' } });
    const links = [{ provider, serves: only('exchange/*') }];
    await expect(secrets({ links }).get('exchange/binance/api_key')).rejects.toMatchObject({ code: 'not_found' });
    expect(provider.asked).toEqual(['exchange/binance#api_key']);
  });

  test('that leaves no store to ask is config, never not_found or the default', async () => {
    const { vault, secrets } = vaultAwsEnv();
    const links = [{ provider: vault, serves: only('exchange/**') }];
    expect(await failure(secrets({ links }).get(name, { default: 'x' }))).toMatchObject({ code: 'config', path: name });
    expect(await failure(secrets({ links: [] }).get(name, { default: 'x' }))).toMatchObject({ code: 'config' });
  });
});

describe('one store asked by name', () => {
  test('is the only one asked, and its outage is unavailable', async () => {
    const { vault, aws, env, links, secrets, settle } = vaultAwsEnv();
    const face = secrets({ links });
    vault.says(name, { value: 'from-vault' });
    aws.says(name, { value: 'from-aws' });
    expect((await face.get(name, { provider: 'aws' })).expose()).toBe('from-aws');
    expect((await face.get(name)).expose()).toBe('from-vault');
    failing(env, 'unavailable');
    const error = await failure(settle(face.get(name, { provider: 'env', default: 'x' })));
    expect(error).toMatchObject({ code: 'unavailable', store: 'env' });
  });

  test('that is not in the chain is invalid, naming those that are', async () => {
    const { links, secrets } = vaultAwsEnv();
    const error = await failure(secrets({ links }).get(name, { provider: 'gcp' }));
    expect(error.code).toBe('invalid');
    expect(error.advice).toContain('vault, aws, env');
  });
});
