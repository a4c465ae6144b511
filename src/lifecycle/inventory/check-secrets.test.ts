import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bareEntry, type InventoryEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { chainUnderTest } from '../../testing/chain-under-test.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createMemoryProvider, type MemoryValue } from '../../testing/memory-provider.js';
import { type CheckedSecret, checkSecrets } from './check-secrets.js';
import { wantedKind } from './key-kind.js';
import { prometheusText } from './prometheus-text.js';

const day = 86_400_000;
const sets = new FakeClock();
const entry = (path: string, rest: Partial<InventoryEntry> = {}) => ({ ...bareEntry(parsePath(path)), ...rest });
const store = (secrets: Readonly<Record<string, MemoryValue>>) =>
  createMemoryProvider({ name: 'far', secrets, clock: sets });

interface Checking {
  readonly environment?: string;
  readonly days?: number;
}

async function checked(
  entries: readonly InventoryEntry[],
  providers: readonly Provider[],
  { environment = 'development', days = 0 }: Checking = {},
): Promise<readonly CheckedSecret[]> {
  const inventory = new Map(entries.map((one) => [one.path, one]));
  const secrets = chainUnderTest().secrets({ links: providers.map((provider) => ({ provider })), inventory });
  return checkSecrets(inventory, {
    getMany: (names) => secrets.getMany(names),
    provider: (name) => providers.find((provider) => provider.name === name),
    wanted: wantedKind(environment, environment !== 'development'),
    nowMs: sets.now() + days * day,
  });
}

const causes = (secrets: readonly CheckedSecret[]) =>
  secrets.flatMap(({ findings }) => findings.map(({ severity, where, cause }) => `${severity} ${where} ${cause}`));

describe('the check of an inventory', () => {
  test('finds nothing in what is there and valid', async () => {
    const far = store({ 'app/token': 'kR7_x2pQ9z', 'exchange/kraken': { api_key: 'k-1', api_secret: 'kR7_x2pQ9z' } });
    const entries = [entry('app/token'), entry('exchange/kraken', { fields: ['api_key', 'api_secret'] })];
    expect(await checked(entries, [far])).toMatchObject([
      { path: 'app/token', state: 'present', isOverdue: false, findings: [] },
      { path: 'exchange/kraken', state: 'present', findings: [{ cause: 'is easy to guess' }] },
    ]);
  });

  test('tells what is missing from what can be done without, and from what cannot be read', async () => {
    const entries = [entry('app/token'), entry('app/extra', { required: false }), entry('app/kept')];
    const secrets = await checked(entries, [store({ 'app/kept': 'v' })]);
    expect(secrets.map(({ state, findings }) => [state, findings.length])).toEqual([
      ['missing', 1],
      ['missing', 0],
      ['present', 0],
    ]);
    const closed = chainUnderTest().store({ name: 'far' });
    closed.says('app/token', { error: 'denied' });
    expect(await checked([entry('app/token')], [closed])).toMatchObject([{ state: 'unreadable', findings: [{}] }]);
  });

  test('a field that is missing is named', async () => {
    const far = store({ 'exchange/okx': { api_key: 'kR7_x2pQ9z' } });
    const [okx] = await checked([entry('exchange/okx', { fields: ['api_key', 'api_secret'] })], [far]);
    expect(okx).toMatchObject({ state: 'missing', findings: [{ where: 'exchange/okx#api_secret' }] });
  });

  test('keys for real are an error in development, those for the sandbox in production, and both are good in staging', async () => {
    const far = store({
      'stripe/live': 'sk_live_4eC39HqLyjWD',
      'stripe/test': 'sk_test_4eC39HqLyjWD',
      'exchange/okx': { testnet: 'true' },
    });
    const entries = [entry('stripe/live'), entry('stripe/test'), entry('exchange/okx', { fields: ['testnet'] })];
    const wrong = async (environment: string) => causes(await checked(entries, [far], { environment }));
    expect(await wrong('development')).toEqual([
      'error stripe/live is for real, and this is a development environment',
    ]);
    expect(await wrong('production')).toEqual([
      'error stripe/test is for the sandbox, and this is production',
      'error exchange/okx#testnet is for the sandbox, and this is production',
    ]);
    expect(await wrong('staging')).toEqual([]);
  });

  test('a rotation is announced, then overdue, and counts from the current version', async () => {
    const entries = [entry('app/token', { rotate: { every: 90 * day, jitter: 0 } })];
    const far = store({ 'app/token': 'kR7_x2pQ9z' });
    const causesAfter = async (days: number) => causes(await checked(entries, [far], { days }));
    expect(await causesAfter(75)).toEqual([]);
    expect(await causesAfter(76)).toEqual(['warning app/token is to be rotated by 2030-04-01']);
    expect(await causesAfter(90)).toEqual(['error app/token is to be rotated since 2030-04-01']);
  });

  test('what has a rotator is to be rotated by it', async () => {
    const entries = [
      entry('app/token', { rotate: { every: 90 * day, jitter: 0 }, rotator: { driver: 'random', options: {} } }),
    ];
    const [token] = await checked(entries, [store({ 'app/token': 'kR7_x2pQ9z' })], { days: 90 });
    expect(token?.findings).toMatchObject([{ severity: 'error', fix: 'Run: keyward rotate app/token' }]);
  });

  test('what was never rotated as far as its store knows is overdue', async () => {
    const { describe: _, ...mute } = store({ 'app/token': 'kR7_x2pQ9z' });
    const silent = {
      ...mute,
      capabilities: new Set<Capability>(),
      describe: () => Promise.reject(new Error('asked')),
    } as const;
    const secrets = await checked([entry('app/token', { rotate: { every: 90 * day, jitter: 0 } })], [silent]);
    expect(secrets).toMatchObject([{ isOverdue: true, rotationDueAt: undefined }]);
    expect(causes(secrets)).toEqual(['error app/token was never rotated, as far as far can say']);
  });

  test('of fields that come from several stores the oldest counts', async () => {
    const clock = new FakeClock();
    const near = createMemoryProvider({ name: 'near', secrets: { 'db/main': { user: 'anna' } }, clock });
    await clock.advance(10 * day);
    const far = createMemoryProvider({ name: 'far', secrets: { 'db/main': { host: 'localhost' } }, clock });
    const entries = [entry('db/main', { fields: ['user', 'host'], rotate: { every: 90 * day, jitter: 0 } })];
    const secrets = await checked(entries, [near, far], { days: 20 });
    expect(secrets).toMatchObject([{ rotationDueAt: new Date('2030-04-01'), findings: [] }]);
  });

  test('an end that metadata, a token or a certificate says is announced, then an error', async () => {
    const far = store({ 'app/noted': 'kR7_x2pQ9z', 'app/jwt': '' });
    await far.write(parsePath('app/noted'), { metadata: { expires: '2030-02-01' } });
    const claims = Buffer.from(JSON.stringify({ exp: Date.UTC(2030, 1, 10) / 1000 })).toString('base64url');
    far.set('app/jwt', `eyJhbGciOiJIUzI1NiJ9.${claims}.c2ln`);
    const causesAfter = async (days: number) =>
      causes(await checked([entry('app/noted'), entry('app/jwt')], [far], { days }));
    expect(await causesAfter(16)).toEqual([]);
    expect(await causesAfter(17)).toEqual(['warning app/noted expires on 2030-02-01']);
    expect(await causesAfter(40)).toEqual([
      'error app/noted expired on 2030-02-01',
      'error app/jwt expired on 2030-02-10',
    ]);
  });

  test('repeats no value, in findings and in metrics', async () => {
    const far = store({ 'app/token': 'hunter2', 'app/key': 'changeme', 'app/url': 'canary-no-url' });
    const entries = [entry('app/token'), entry('app/key'), entry('app/url', { form: { kind: 'url' } })];
    const secrets = await checked(entries, [far]);
    const said =
      inspect(secrets, { depth: 9 }) +
      prometheusText({ secrets, rotations: [], live: [], findings: [], nowMs: sets.now() });
    for (const value of ['hunter2', 'changeme', 'canary']) expect(said).not.toContain(value);
    expect(causes(secrets)).toHaveLength(3);
  });

  test('reads more secrets than one call may, and each once', async () => {
    const names = Array.from({ length: 250 }, (_, at) => `app/s${at}`);
    const far = store(Object.fromEntries(names.map((name) => [name, 'v'])));
    const secrets = await checked(
      names.map((name) => entry(name)),
      [far],
    );
    expect(secrets.map(({ path, state }) => [path, state])).toEqual(names.map((name) => [name, 'present']));
  });
});

describe('metrics of a check', () => {
  test('are those that Prometheus reads, with days and owners', async () => {
    const far = store({ 'app/token': 'kR7_x2pQ9z' });
    await far.write(parsePath('app/token'), { metadata: { expires: '2030-01-31' } });
    const entries = [
      entry('app/token', { rotate: { every: 30 * day, jitter: 0 }, owner: 'a "b"\\c' }),
      entry('app/gone'),
    ];
    const secrets = await checked(entries, [far], { days: 40.5 });
    const failed = { problem: 'failed', severity: 'error', where: 'app/token', cause: 'it failed', fix: '' } as const;
    const waiting = { ...failed, problem: 'waiting', severity: 'warning', where: 'app/gone' } as const;
    const text = prometheusText({
      secrets,
      rotations: [failed, waiting],
      live: [
        { path: parsePath('app/token'), result: 'refused' },
        { path: parsePath('app/gone'), result: 'no live test' },
      ],
      findings: [...secrets.flatMap(({ findings }) => findings), failed, waiting],
      nowMs: sets.now() + 40.5 * day,
    });
    const labels = 'secret="app/token",owner="a \\"b\\"\\\\c"';
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      `secret_missing{${labels}} 0`,
      'secret_missing{secret="app/gone"} 1',
      `secret_unreadable{${labels}} 0`,
      'secret_unreadable{secret="app/gone"} 0',
      `secret_rotation_overdue{${labels}} 1`,
      'secret_rotation_overdue{secret="app/gone"} 0',
      `secret_rotation_failed{${labels}} 1`,
      'secret_rotation_failed{secret="app/gone"} 0',
      `secret_rotation_stuck{${labels}} 0`,
      'secret_rotation_stuck{secret="app/gone"} 0',
      `secret_rotation_waiting{${labels}} 0`,
      'secret_rotation_waiting{secret="app/gone"} 1',
      `secret_rotation_due_days{${labels}} -10.5`,
      `secret_expired{${labels}} 1`,
      'secret_expired{secret="app/gone"} 0',
      `secret_expiry_days{${labels}} -10.5`,
      `secret_live_refused{${labels}} 1`,
      `secret_live_unreachable{${labels}} 0`,
      'secret_check_findings{severity="error"} 4',
      'secret_check_findings{severity="warning"} 1',
      `secret_check_timestamp_seconds ${Date.UTC(2030, 1, 10, 12) / 1000}`,
      '',
    ]);
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{.+\})? -?[\d.]+)$/);
    }
  });
});
