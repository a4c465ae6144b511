import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.initialised();
  laptop.write(
    'keyward.yaml',
    [
      'environment: development',
      'project: bot',
      'providers: [{ keyward: { prefix: "bot/{env}" } }]',
      'secrets:',
      '  database/postgres: { fields: [user, password] }',
      '  database/url: { from: "postgresql://{database/postgres/user}:{database/postgres/password}@db/bot", env: DATABASE_URL }',
      '',
    ].join('\n'),
  );
  await laptop.ok(['set', 'database/postgres', 'user=bot', 'password=-'], { stdin: 'p@ss/word' });
});
afterAll(() => laptop.remove());

const url = 'postgresql://bot:p%40ss%2Fword@db/bot';

describe('a derived secret on the command line', () => {
  test('is read, listed and explained like any other', async () => {
    expect((await laptop.ok(['get', 'database/url'])).stdout).toBe(url);
    expect(JSON.parse((await laptop.ok(['list', 'database', '--json'])).stdout)).toEqual([
      { path: 'database/postgres', providers: ['keyward'] },
      { path: 'database/url', providers: ['derived'] },
    ]);
    const explained = await laptop.ok(['explain', 'database/url']);
    expect(explained.stdout).toContain('made of database/postgres#password');
    expect(explained.stdout).not.toContain('p@ss');
  });

  test('is given to a program', async () => {
    await laptop.ok(['run', '--', 'sh', '-c', 'printf %s "$DATABASE_URL" > given']);
    expect(laptop.read('given')).toBe(url);
  });

  test.each([
    ['a value', ['set', 'database/url']],
    ['fields', ['set', 'database/url', 'a=b']],
  ])('is not written: %s', async (_what, args) => {
    const { status, stderr } = await laptop.run(args, { stdin: 'x' });
    expect(status).toBe(2);
    expect(stderr).toContain('database/url is made of other secrets and is not written itself');
  });

  test('is not the target of an import', async () => {
    laptop.write('.env', 'DATABASE_URL=postgresql://old\n');
    const { status, stderr } = await laptop.run(['import', '.env', '--yes']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('.env:1: database/url is made of other secrets');
  });
});
