import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;
const config = [
  'project: bot',
  'environment: development',
  'providers:',
  '  - keyward: { prefix: "bot/{env}" }',
  '  - keyward: { name: shared, prefix: bot/shared }',
  '  - env: {}',
  'write: keyward',
  '',
].join('\n');
const set = (path: string, environment: string, stdin: string) =>
  laptop.ok(['set', path, '--env', environment, '--quiet'], { stdin });
const get = async (path: string, environment: string) => laptop.run(['get', path, '--env', environment]);

beforeAll(async () => {
  laptop = await Laptop.initialised();
  laptop.write('keyward.yaml', config);
});
afterAll(() => laptop.remove());

describe('the shared tree', () => {
  test('answers what an environment does not have, and explain says so', async () => {
    await set('app/shared_only', 'shared', 'from-shared');
    await set('app/both', 'shared', 'from-shared');
    await set('app/both', 'production', 'from-production');
    expect((await get('app/shared_only', 'production')).stdout).toBe('from-shared');
    expect((await get('app/both', 'production')).stdout).toBe('from-production');
    expect((await get('app/both', 'development')).stdout).toBe('from-shared');
    const { stdout } = await laptop.ok(['explain', 'app/shared_only', '--env', 'production']);
    expect(stdout).toContain('answered by shared');
  });

  test('does not answer for a secret that the environment had and deleted', async () => {
    await set('app/gone', 'shared', 'from-shared');
    await set('app/gone', 'staging', 'from-staging');
    await laptop.ok(['delete', 'app/gone', '--env', 'staging']);
    expect(await get('app/gone', 'staging')).toMatchObject({ status: 3, stdout: '' });
  });

  test('is written only when it is named', async () => {
    await set('app/both', 'development', 'from-development');
    expect((await get('app/both', 'shared')).stdout).toBe('from-shared');
  });
});

test.each(['Production', 'a/b', '..', '', 'production '])('the environment %j is refused', async (name) => {
  for (const options of [{ env: { KEYWARD_ENV: name } }, {}]) {
    if (name === '' && 'env' in options) continue;
    const args = 'env' in options ? ['list'] : ['list', '--env', name];
    const { status, stderr } = await laptop.run(args, options);
    expect(status).toBe(2);
    expect(stderr).toContain('is not the name of an environment');
  }
});

describe('copying into production', () => {
  const args = ['copy', 'copied', '--env', 'staging', '--to', 'production'];
  beforeAll(async () => {
    await set('copied/key', 'staging', 'value-of-staging');
  });

  test('needs the name of the environment, a yes is not enough', async () => {
    for (const typed of [['y'], ['staging'], []]) {
      expect(await laptop.runAtTerminal(args, { typed })).toMatchObject({ status: 1 });
      expect((await get('copied/key', 'production')).status).toBe(3);
    }
    const ran = await laptop.runAtTerminal(args, { typed: ['production'] });
    expect(ran.status).toBe(0);
    expect((await get('copied/key', 'production')).stdout).toBe('value-of-staging');
  });

  test('is refused where nobody can be asked, and shows no value', async () => {
    await set('copied/second', 'staging', 'value-of-staging');
    const ran = await laptop.run(args);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).not.toContain('value-of');
    const copied = await laptop.ok([...args, '--yes', '--json']);
    expect(JSON.parse(copied.stdout)).toEqual({
      from: 'staging',
      to: 'production',
      written: 1,
      unchanged: 1,
      removed: 0,
    });
  });

  test('keeps another value of production unless it is told', async () => {
    await set('copied/key', 'production', 'own-value');
    const refused = await laptop.run([...args, '--yes']);
    expect(refused.status).toBe(6);
    expect(refused.stderr).toContain('production holds other values for copied/key');
    expect((await get('copied/key', 'production')).stdout).toBe('own-value');
    await laptop.ok([...args, '--yes', '--overwrite']);
    expect((await get('copied/key', 'production')).stdout).toBe('value-of-staging');
  });

  test('is in the audit log under the names of both environments', async () => {
    const { stdout } = await laptop.ok(['audit', 'show', '--json']);
    expect(stdout).toContain('bot/staging/copied/key');
    expect(stdout).toContain('bot/production/copied/key');
  });

  test('an equal value in development is a finding of diff', async () => {
    await set('app/equal', 'development', 'the-same-value');
    await set('app/equal', 'production', 'the-same-value');
    const { stderr } = await laptop.run(['diff', 'app', '--env', 'development', '--to', 'production']);
    expect(stderr).toContain('production: app/equal has the same value in development');
    expect(stderr).not.toContain('the-same');
    expect((await laptop.run(['diff', 'app', '--env', 'staging', '--to', 'production'])).stderr).toBe('');
  });
});
