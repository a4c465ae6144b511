import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { openSecrets } from '../../src/compose/open-secrets.js';
import type { Timer } from '../../src/core/clock.js';
import type { ErrorCode } from '../../src/core/errors.js';
import { parsePath } from '../../src/core/path.js';
import type { Secrets } from '../../src/resolver/secrets.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { Laptop } from './cli.js';

const path = 'database/postgres/password';
const env = { POSTGRES_PASSWORD: 'from the environment' };

let laptop: Laptop;
let opened: Secrets[];

beforeEach(async () => {
  laptop = await Laptop.initialised();
  opened = [];
});
afterEach(async () => {
  for (const secrets of opened) await secrets.close();
  laptop.remove();
});

async function open(chain: string, environment = 'production', clock?: FakeClock): Promise<Secrets> {
  laptop.write('keyward.yaml', `providers: ${chain}\ncache: { ttl: 1m, maxStale: 10m }\n`);
  const secrets = await openSecrets({ cwd: laptop.project, env: laptop.environment(env), environment, clock });
  opened.push(secrets);
  return secrets;
}

async function answer(secrets: Secrets, name = path): Promise<string> {
  const secret = await secrets.get(name);
  return `${secret.expose()}${secret.origin?.degraded === true ? ' (degraded)' : ''}`;
}

const code = (expected: ErrorCode) => expect.objectContaining({ code: expected });
const mounted = () => join(laptop.project, 'secrets');
const mount = () => laptop.write(`secrets/${path}`, 'from the files', 0o600);
const unmount = () => renameSync(mounted(), `${mounted()}.gone`);
const mountAgain = () => renameSync(`${mounted()}.gone`, mounted());

const filesThenEnvironment = '[{files: {root: secrets}}, {env: {}}]';
const storeThenEnvironment = '[{keyward: {prefix: bot}}, {env: {}}]';

async function store(value: string): Promise<void> {
  laptop.write('store.yaml', 'environment: development\nproviders: [{keyward: {prefix: bot}}]\n');
  await laptop.ok(['set', path, '--config', 'store.yaml'], { stdin: value });
}

/** Pauses between attempts take no time; the hours move when told to. */
class ClockWithoutPauses extends FakeClock {
  override after(delayMs: number, callback: () => void): Timer {
    if (delayMs >= 1_000) return super.after(delayMs, callback);
    const pause = setImmediate(callback);
    return { cancel: () => clearImmediate(pause) };
  }
}

describe.each(['production', 'development'])('in %s', (environment) => {
  test('the first store that has a name answers', async () => {
    mount();
    expect(await answer(await open(filesThenEnvironment, environment))).toBe('from the files');
  });

  test('a store that attests that it has none lets the next one answer', async () => {
    laptop.write('secrets/other', 'x', 0o600);
    expect(await answer(await open(filesThenEnvironment, environment))).toBe('from the environment');
    expect(await answer(await open(storeThenEnvironment, environment))).toBe('from the environment');
  });

  test('a default is given when every store attests absence, and in no other case', async () => {
    laptop.write('secrets/other', 'x', 0o600);
    const secrets = await open(filesThenEnvironment, environment);
    expect((await secrets.get('app/unheard_of', { default: 'd' })).expose()).toBe('d');
    unmount();
    const stopping = await open('[{files: {root: secrets, onUnavailable: stop}}, {env: {}}]', environment);
    await expect(stopping.get('app/unheard_of', { default: 'd' })).rejects.toEqual(code('unavailable'));
  });

  test('a deleted secret stops, whatever lies further down', async () => {
    await store('from the store');
    const opening = await openStore({ env: laptop.environment(), environment: 'development' });
    await opening.client.secrets.delete(parsePath(`bot/${path}`));
    await opening.close();
    await expect(answer(await open(storeThenEnvironment, environment))).rejects.toEqual(code('deleted'));
  });

  test('a sealed store stops, whatever lies further down', async () => {
    await store('from the store');
    rmSync(laptop.keyFile);
    await expect(answer(await open(storeThenEnvironment, environment))).rejects.toEqual(code('sealed'));
  });

  test('a damaged store stops, whatever lies further down', async () => {
    await store('from the store');
    writeFileSync(join(laptop.dataFolder, 'data.mdb'), Buffer.alloc(8192, 7));
    await expect(answer(await open(storeThenEnvironment, environment))).rejects.toEqual(code('integrity'));
  });

  test('a store that was never made stops, and names the command that makes it', async () => {
    rmSync(laptop.dataFolder, { recursive: true });
    const failure = await answer(await open(storeThenEnvironment, environment)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'config', advice: expect.stringContaining('keyward init') });
  });

  test('a store is asked only for what it serves', async () => {
    const chain = '[{files: {root: secrets, serves: ["exchange/**"]}}, {env: {}}]';
    expect(await answer(await open(chain, environment))).toBe('from the environment');
  });

  test('a value is served from memory while an outage lasts, marked as such, and no longer than maxStale', async () => {
    mount();
    const clock = new ClockWithoutPauses();
    const secrets = await open(filesThenEnvironment, environment, clock);
    expect(await answer(secrets)).toBe('from the files');
    unmount();
    await clock.advance(2 * 60_000);
    expect(await answer(secrets)).toBe('from the files (degraded)');
    await clock.advance(10 * 60_000);
    await expect(answer(secrets)).rejects.toEqual(code('unavailable'));
    mountAgain();
    await clock.advance(60_000);
    expect(await answer(secrets)).toBe('from the files');
  });

  test('a name that a store has gone back on is absent there, and the next one answers', async () => {
    mount();
    laptop.write('secrets/other', 'x', 0o600);
    const clock = new ClockWithoutPauses();
    const secrets = await open(filesThenEnvironment, environment, clock);
    expect(await answer(secrets)).toBe('from the files');
    rmSync(join(mounted(), path));
    await clock.advance(2 * 60_000);
    expect(await answer(secrets)).toBe('from the environment');
  });
});

describe('an outage of the first store', () => {
  test('stops in production before the environment', async () => {
    await expect(answer(await open(filesThenEnvironment))).rejects.toEqual(code('unavailable'));
  });

  test('goes on in production where the link says so, marked as degraded', async () => {
    const secrets = await open('[{files: {root: secrets, onUnavailable: next}}, {env: {}}]');
    expect(await answer(secrets)).toBe('from the environment (degraded)');
  });

  test('goes on in development, marked as degraded', async () => {
    expect(await answer(await open(filesThenEnvironment, 'development'))).toBe('from the environment (degraded)');
  });

  test('makes the chain unhealthy, with the store and the reason', async () => {
    const health = await (await open(filesThenEnvironment)).health();
    expect(health).toMatchObject({
      status: 'unhealthy',
      links: [{ provider: 'files', status: 'unhealthy' }, { status: 'healthy' }],
    });
  });

  test('ends the command line with 5, and explain says where it stopped', async () => {
    await open(filesThenEnvironment);
    const options = { env: { ...env, KEYWARD_ENV: 'production' } };
    expect(await laptop.run(['get', path], options)).toMatchObject({ status: 5, stdout: '' });
    const { stdout } = await laptop.run(['explain', path], options);
    expect(stdout).toMatch(/1\. files\s+failed/);
    expect(stdout).not.toContain('answered by env');
  });

  test('ends the command line with 1 where its health was asked for', async () => {
    await open(filesThenEnvironment);
    expect((await laptop.run(['status', '--json'])).status).toBe(1);
  });
});
