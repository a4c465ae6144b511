import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectEnvironment } from '../../src/compose/collect-environment.js';
import { openSecrets } from '../../src/compose/open-secrets.js';
import { openWorkspace } from '../../src/compose/open-workspace.js';
import { isGenericName, isSystemName } from '../../src/core/environment-names.js';
import { isRefusedForInjection } from '../../src/core/injection-rules.js';
import { parseDotenv } from '../../src/formats/dotenv.js';
import { formatDotenv } from '../../src/formats/format-dotenv.js';
import { Laptop, repository } from './cli.js';

let laptop: Laptop;
beforeEach(() => {
  laptop = new Laptop();
});
afterEach(() => laptop.remove());

const withEnvironment = 'environment: development\nproviders: [{env: {}}]\n';

async function secretsFor(env: Readonly<Record<string, string>>) {
  laptop.write('keyward.yaml', withEnvironment);
  return openSecrets({ cwd: laptop.project, env: laptop.environment(env) });
}

describe('variables of the environment', () => {
  test('BINANCE_API_KEY and BINANCE_SECRET_KEY serve exchange/binance in every way of asking', async () => {
    const secrets = await secretsFor({ BINANCE_API_KEY: 'the-key', BINANCE_SECRET_KEY: 'the-secret' });
    const asked = ['exchange/binance/api_key', 'exchange/binance#api_key', 'exchange/binance/api_secret'];
    const values = await Promise.all(asked.map(async (name) => (await secrets.get(name)).expose()));
    expect(values).toEqual(['the-key', 'the-key', 'the-secret']);
    const fields = await secrets.getAll('exchange/binance');
    expect(Object.values(fields).map((secret) => secret.expose())).toEqual(['the-key', 'the-secret']);
    const credentials = await secrets.credentials('binance');
    expect(credentials.expose('ccxt')).toEqual({ apiKey: 'the-key', secret: 'the-secret' });
  });

  test('serve the command line the same', async () => {
    laptop.write('keyward.yaml', withEnvironment);
    const env = { BINANCE_API_KEY: 'the-key', BINANCE_SECRET_KEY: 'the-secret', POSTGRES_PASSWORD: 'the-password' };
    const asked = ['exchange/binance/api_key', 'exchange/binance/api_secret', 'database/postgres/password'];
    const answers = await Promise.all(asked.map((name) => laptop.ok(['get', name], { env })));
    expect(answers.map(({ stdout }) => stdout)).toEqual(['the-key', 'the-secret', 'the-password']);
  });

  test.each([
    ['API_KEY', ['exchange/binance/api_key', 'monitoring/grafana/api_key', 'exchange/binance#api_key']],
    ['API_SECRET', ['exchange/binance/api_secret']],
    ['SECRET_KEY', ['exchange/binance/secret_key', 'exchange/binance/api_secret', 'services/stripe/secret_key']],
    ['SECRET', ['services/stripe/secret', 'exchange/binance/api_secret']],
    ['KEY', ['services/stripe/key', 'exchange/binance/api_key']],
    ['TOKEN', ['notifications/telegram/token', 'services/github/token']],
    ['PASSWORD', ['database/postgres/password', 'database/redis/password']],
    ['PASSPHRASE', ['exchange/okx/passphrase', 'gateway/passphrase']],
    ['USER', ['database/postgres/user', 'app/user']],
    ['USERNAME', ['database/postgres/username', 'app/username']],
    ['HOST', ['database/postgres/host', 'app/host']],
    ['HOME', ['app/home', 'services/any/home']],
    ['PATH', ['app/path']],
    ['PORT', ['database/postgres/port']],
    ['NAME', ['database/postgres/name']],
    ['URL', ['database/postgres/url', 'notifications/slack/url']],
    ['DATABASE', ['services/any/database']],
    ['DSN', ['monitoring/sentry/dsn']],
    ['ID', ['services/any/id']],
  ])('%s alone never answers for anything that has more of a name', async (name, paths) => {
    const secrets = await secretsFor({ [name]: '/of/something/else' });
    for (const path of paths) await expect(secrets.get(path), path).rejects.toMatchObject({ code: 'not_found' });
    await expect(secrets.credentials('binance')).rejects.toMatchObject({ code: 'not_found' });
    for (const path of paths.slice(0, 1)) {
      const ran = await laptop.run(['get', path], { env: { [name]: '/of/something/else' } });
      expect(ran).toMatchObject({ status: 3, stdout: '' });
    }
  });

  test('a general name answers directly under app/, and anywhere that the inventory gives it', async () => {
    const env = { API_KEY: 'general', USER: 'the-user' };
    expect((await (await secretsFor(env)).get('app/api_key')).expose()).toBe('general');
    laptop.write('keyward.yaml', `${withEnvironment}secrets: { database/postgres/user: { env: USER } }\n`);
    expect((await laptop.ok(['get', 'database/postgres/user'], { env })).stdout).toBe('the-user');
  });

  test('one exchange never answers for another', async () => {
    const secrets = await secretsFor({ BINANCE_API_KEY: 'a', BINANCE_SECRET_KEY: 'b', BINANCEUS_API_KEY: 'c' });
    for (const name of ['exchange/kucoin/api_key', 'exchange/binanceus/api_secret', 'exchange/okx/api_key']) {
      await expect(secrets.get(name), name).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

describe('import and run', () => {
  const printEnvironment = 'for (const [k, v] of Object.entries(process.env)) console.log(JSON.stringify([k, v]))';

  async function environmentOfChild(): Promise<ReadonlyMap<string, string>> {
    const { status, stdout, stderr } = await laptop.spawn(['run', '--', process.execPath, '-e', printEnvironment]);
    if (status !== 0) throw new Error(stderr);
    return new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  }

  test('give a program the sample .env again, name for name and value for value', async () => {
    const sample = readFileSync(join(repository, 'examples/trading-bot/.env.example'), 'utf8');
    laptop.write('.env', sample);
    await laptop.ok(['init', '--from', '.env']);
    const given = await environmentOfChild();
    const { entries } = parseDotenv(sample);
    expect(entries.length).toBeGreaterThan(15);
    expect(entries.map(({ name }) => [name, given.get(name)])).toEqual(entries.map(({ name, value }) => [name, value]));
    const own = new Set([...Object.keys(laptop.environment()), ...entries.map(({ name }) => name)]);
    expect([...given.keys()].filter((name) => !own.has(name))).toEqual([]);
  });

  test('give it after a second import of the same file, which changes nothing', async () => {
    laptop.write('.env', 'BINANCE_API_KEY=a\nBINANCE_SECRET_KEY=b\nDATABASE_URL="postgresql://u:p@h/d?x=1#y"\n');
    await laptop.ok(['init', '--from', '.env']);
    const before = laptop.read('keyward.yaml');
    const { stdout } = await laptop.ok(['import', '.env', '--yes', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ written: 0 });
    expect(laptop.read('keyward.yaml')).toBe(before);
    expect((await environmentOfChild()).get('DATABASE_URL')).toBe('postgresql://u:p@h/d?x=1#y');
  });

  const word = fc.constantFrom(
    'BINANCE',
    'KUCOIN',
    'API',
    'KEY',
    'SECRET',
    'DB',
    'POSTGRES',
    'URL',
    'TOKEN',
    'X1',
    'REDIS',
    'APP',
  );
  const name = fc
    .array(word, { minLength: 1, maxLength: 4 })
    .map((words) => words.join('_'))
    .filter((text) => !isSystemName(text) && !isGenericName(text) && !isRefusedForInjection(text));
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', ' ', '"', "'", '$HOME', '#x', 'a\nb', '\\n', '`id`', 'é🔑', '{"a":1}', 'x='),
  );
  const file = fc.uniqueArray(
    fc.tuple(
      name,
      value.filter((text) => text.isWellFormed() && !text.includes('\0')),
    ),
    {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 12,
    },
  );

  test('are inverse for any file whose names can be kept apart', async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(file, async (pairs) => {
        const other = new Laptop();
        try {
          other.write('.env', formatDotenv(pairs));
          const { status, stderr } = await other.run(['init', '--from', '.env']);
          if (status !== 0) {
            expect(stderr).toMatch(/\.env:\d+/);
            return;
          }
          kept += 1;
          const { home, project: cwd } = other;
          const workspace = await openWorkspace({
            cwd,
            home,
            env: other.environment(),
            role: 'cli',
            onFinding: () => undefined,
          });
          const { values } = await collectEnvironment(workspace, { environment: {} });
          await workspace.close();
          const given = [...values].map(([key, secret]) => [key, secret.expose()]);
          expect(Object.fromEntries(given)).toEqual(Object.fromEntries(pairs));
        } finally {
          other.remove();
        }
      }),
      { numRuns: process.env['KEYWARD_FULL'] === '1' ? 500 : 8 },
    );
    expect(kept).toBeGreaterThan(0);
  });

  test('are inverse through the processes themselves', async () => {
    const pairs = [
      ['BINANCE_API_KEY', 'a b'],
      ['BINANCE_SECRET_KEY', '"quoted" \'both\' $HOME `id` \\n'],
      ['DATABASE_URL', 'postgresql://u:p%40w@h:5432/d?sslmode=require#frag'],
      ['MULTI_LINE_PEM', 'line one\nline two\n'],
      ['EMPTY_ONE', ''],
      ['WIDE_CHARACTERS', 'ключ 鍵 🔑'],
      ['SECRET_KEY', '=starts with equals'],
    ] as const;
    laptop.write('.env', formatDotenv(pairs));
    expect(await laptop.spawn(['init', '--from', '.env'])).toMatchObject({ status: 0 });
    const given = await environmentOfChild();
    expect(pairs.map(([key]) => [key, given.get(key)])).toEqual(pairs.map(([key, text]) => [key, text]));
  });
});
