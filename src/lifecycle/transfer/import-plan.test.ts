import { describe, expect, test } from 'vitest';
import { bareEntry, emptyInventory, type Inventory, type InventoryEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { formatRef } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import { type ImportPair, planImport } from './import-plan.js';
import { entryYaml } from './inventory-yaml.js';

const pair = (name: string, value = `value of ${name}`, line = 1): ImportPair => ({
  name,
  value: Secret.fromText(value),
  where: `.env:${line}`,
});

function planOf(names: readonly string[], inventory: Inventory = emptyInventory) {
  return planImport(
    names.map((name) => pair(name)),
    { inventory },
  );
}

const placesOf = (names: readonly string[], inventory?: Inventory) =>
  Object.fromEntries(planOf(names, inventory).items.flatMap((i) => i.names.map((name) => [name, formatRef(i)])));

const inventoryOf = (...entries: InventoryEntry[]): Inventory => new Map(entries.map((entry) => [entry.path, entry]));
const document = (path: string, ...fields: string[]): InventoryEntry => ({ ...bareEntry(parsePath(path)), fields });

describe('where names go', () => {
  test.each([
    ['BINANCE_API_KEY', 'exchange/binance#api_key'],
    ['GATEIO_API_KEY', 'exchange/gateio#api_key'],
    ['COINBASE_PRO_API_KEY', 'exchange/coinbase_pro#api_key'],
    ['kraken_api_key', 'exchange/kraken#api_key'],
    ['POSTGRES_PASSWORD', 'database/postgres/password'],
    ['POSTGRES_DB', 'database/postgres/database'],
    ['PGPASSWORD', 'database/postgres/password'],
    ['REDIS_PASSWORD', 'database/redis/password'],
    ['DB_PASSWORD', 'database/password'],
    ['DATABASE_URL', 'database/url'],
    ['WORKER_CLICKHOUSE_PASSWORD', 'database/clickhouse/password'],
    ['KAFKA_SASL_PASSWORD', 'services/kafka/sasl_password'],
    ['SENTRY_DSN', 'monitoring/sentry_dsn'],
    ['GRAFANA_API_KEY', 'monitoring/grafana_api_key'],
    ['DATADOG_API_KEY', 'monitoring/datadog_api_key'],
    ['PROMETHEUS_AUTH_TOKEN', 'monitoring/prometheus_auth_token'],
    ['SLACK_WEBHOOK_URL', 'notifications/slack_webhook_url'],
    ['TELEGRAM_TOKEN', 'notifications/telegram_token'],
    ['TELEGRAM_CHAT_ID', 'notifications/telegram_chat_id'],
    ['EMAIL_PASSWORD', 'notifications/email_password'],
    ['SMTP_CREDENTIALS', 'notifications/smtp_credentials'],
    ['GATEWAY_PASSPHRASE', 'gateway/passphrase'],
    ['SECRET_KEY', 'app/secret_key'],
    ['ENCRYPTION_KEY', 'app/encryption_key'],
    ['JWT_SECRET', 'app/jwt_secret'],
    ['HF_TOKEN', 'services/huggingface/token'],
    ['API_KEY', 'app/api_key'],
    ['VANTAGE_API_KEY', 'app/vantage_api_key'],
    ['HOST', 'app/host'],
    ['GEMINI_API_KEY', 'app/gemini_api_key'],
    ['BINANCE_SECRET_KEY', 'app/binance_secret_key'],
  ])('%s alone goes to %s', (name, place) => {
    expect(placesOf([name])).toEqual({ [name]: place });
  });

  test('what belongs to an exchange key follows it into one document', () => {
    expect(placesOf(['BINANCE_API_KEY', 'BINANCE_SECRET_KEY', 'BINANCE_TESTNET', 'BINANCE_BASE_URL'])).toEqual({
      BINANCE_API_KEY: 'exchange/binance#api_key',
      BINANCE_SECRET_KEY: 'exchange/binance#api_secret',
      BINANCE_TESTNET: 'exchange/binance#testnet',
      BINANCE_BASE_URL: 'app/binance_base_url',
    });
  });

  test('a passphrase is one under each of its names', () => {
    expect(placesOf(['KUCOIN_KEY', 'KUCOIN_SECRET', 'KUCOIN_PASSWORD'])).toEqual({
      KUCOIN_KEY: 'exchange/kucoin#api_key',
      KUCOIN_SECRET: 'exchange/kucoin#api_secret',
      KUCOIN_PASSWORD: 'exchange/kucoin#passphrase',
    });
  });

  test('another account of an exchange is a document of its own, where it has a key', () => {
    const readonly = ['BINANCE_READONLY_API_KEY', 'BINANCE_READONLY_SECRET'];
    const others = ['BINANCE_WEBHOOK_SECRET', 'BINANCE_ENCRYPTION_KEY'];
    expect(placesOf(['BINANCE_API_KEY', ...readonly, ...others])).toEqual({
      BINANCE_ENCRYPTION_KEY: 'app/binance_encryption_key',
      BINANCE_API_KEY: 'exchange/binance#api_key',
      BINANCE_READONLY_API_KEY: 'exchange/binance/readonly#api_key',
      BINANCE_READONLY_SECRET: 'exchange/binance/readonly#api_secret',
      BINANCE_WEBHOOK_SECRET: 'app/binance_webhook_secret',
    });
  });

  test('an exchange that shares its name with another product counts only with all that it requires', () => {
    expect(placesOf(['GEMINI_API_KEY', 'GEMINI_API_SECRET'])).toEqual({
      GEMINI_API_KEY: 'exchange/gemini#api_key',
      GEMINI_API_SECRET: 'exchange/gemini#api_secret',
    });
  });

  test('the inventory decides before any guess', () => {
    const inventory = inventoryOf(document('trading/kraken', 'api_key'), {
      ...bareEntry(parsePath('web/session')),
      env: ['SECRET_KEY', 'SESSION_KEY'],
    });
    expect(placesOf(['KRAKEN_API_KEY', 'SESSION_KEY'], inventory)).toEqual({
      KRAKEN_API_KEY: 'trading/kraken#api_key',
      SESSION_KEY: 'web/session',
    });
    expect(placesOf(['SECRET_KEY'], inventory)).toEqual({ SECRET_KEY: 'web/session' });
  });

  test('a name by which two places of the inventory would be found says nothing', () => {
    const inventory = inventoryOf(bareEntry(parsePath('a/smtp/login')), bareEntry(parsePath('b/smtp/login')));
    expect(placesOf(['SMTP_LOGIN'], inventory)).toEqual({ SMTP_LOGIN: 'app/smtp_login' });
  });
});

describe('the inventory that a plan asks for', () => {
  const yamlOf = (names: readonly string[], inventory?: Inventory) => planOf(names, inventory).entries.map(entryYaml);

  test('names that follow from the path are not repeated', () => {
    expect(
      yamlOf(['BINANCE_API_KEY', 'BINANCE_API_SECRET', 'POSTGRES_PASSWORD', 'JWT_SECRET', 'DATABASE_URL']),
    ).toEqual([
      'exchange/binance: { fields: [api_key, api_secret] }',
      'database/postgres/password: {}',
      'app/jwt_secret: {}',
      'database/url: {}',
    ]);
  });

  test('names that differ, are generic or belong to the system are given', () => {
    expect(
      yamlOf(['BINANCE_API_KEY', 'BINANCE_SECRET_KEY', 'API_KEY', 'HOST', 'POSTGRES_DB', 'kraken_api_key']),
    ).toEqual([
      'exchange/binance: { fields: [api_key, api_secret], env: { api_secret: BINANCE_SECRET_KEY } }',
      'app/api_key: { env: API_KEY }',
      'app/host: { env: HOST }',
      'database/postgres/database: { env: POSTGRES_DB }',
      'exchange/kraken: { fields: [api_key], env: { api_key: kraken_api_key } }',
    ]);
  });

  test('nothing is asked for that the inventory says already', () => {
    const names = ['BINANCE_API_KEY', 'BINANCE_SECRET_KEY', 'API_KEY', 'JWT_SECRET', 'PGPASSWORD'];
    expect(yamlOf(names, inventoryOf(...planOf(names).entries))).toEqual([]);
  });

  test('a listed secret keeps the name that it had when it gets another', () => {
    const inventory = inventoryOf(bareEntry(parsePath('database/postgres/password')));
    expect(yamlOf(['PGPASSWORD'], inventory)).toEqual([
      'database/postgres/password: { env: [POSTGRES_PASSWORD, PGPASSWORD] }',
    ]);
  });

  test('a new field joins the fields of a listed document', () => {
    const inventory = inventoryOf({ ...document('exchange/okx', 'api_key', 'api_secret'), owner: 'trading' });
    expect(yamlOf(['OKX_API_KEY', 'OKX_PASSPHRASE'], inventory)).toEqual([
      'exchange/okx: { fields: [api_key, api_secret, passphrase], owner: trading }',
    ]);
  });
});

describe('what stands in the way of a plan', () => {
  const problemsOf = (...pairs: ImportPair[]) => planImport(pairs, { inventory: emptyInventory }).problems;

  test('two names with one value become names of one secret', () => {
    const plan = planImport([pair('WORKER_CLICKHOUSE_PASSWORD', 'same'), pair('API_CLICKHOUSE_PASSWORD', 'same')], {
      inventory: emptyInventory,
    });
    expect(plan.problems).toEqual([]);
    expect(plan.entries.map(entryYaml)).toEqual([
      'database/clickhouse/password: { env: [WORKER_CLICKHOUSE_PASSWORD, API_CLICKHOUSE_PASSWORD] }',
    ]);
  });

  test('two names with different values for one place are a problem naming both and no value', () => {
    const found = problemsOf(pair('POSTGRES_PASSWORD', 'canary-1'), pair('PGPASSWORD', 'canary-2', 7));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: 'error', where: '.env:7' });
    expect(found[0]?.cause).toBe(
      'PGPASSWORD and POSTGRES_PASSWORD have different values but go to database/postgres/password',
    );
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  test('one name with two values is a problem naming both lines, with equal values it is not', () => {
    expect(problemsOf(pair('A', '1', 1), pair('A', '2', 9))[0]?.cause).toBe('A has another value at .env:1');
    expect(problemsOf(pair('A', '1', 1), pair('A', '1', 9))).toEqual([]);
  });

  test.each(['', 'a-b', '1A', 'a b', 'É'])('%j is no environment name', (name) => {
    expect(problemsOf(pair(name))[0]?.cause).toContain('is not an environment name');
  });

  test('a name that is too long for a path is a problem', () => {
    expect(problemsOf(pair('A'.repeat(600)))[0]?.cause).toContain('no path follows');
  });

  test('a name like a property of every object is a name like any other', () => {
    expect(placesOf(['__proto__', 'constructor'])).toEqual(
      Object.fromEntries([
        ['__proto__', 'app/__proto__'],
        ['constructor', 'app/constructor'],
      ]),
    );
  });

  const place = (path: string, field?: string) => ({ path: parsePath(path), field });

  test.each([
    ['a single value and a document', place('x/y'), place('x/y', 'f')],
    ['a field and a secret of the same name', place('x/y', 'f'), place('x/y/f')],
  ])('%s cannot share a path', (_, first, second) => {
    const places = new Map([
      ['A', first],
      ['B', second],
    ]);
    const { problems } = planImport([pair('A'), pair('B')], { inventory: emptyInventory, places });
    expect(problems.map((found) => found.cause)).toContainEqual(expect.stringContaining('cannot stand beside'));
  });

  test('the shapes of the inventory count as well', () => {
    const inventory = inventoryOf(bareEntry(parsePath('x/y')), document('d/e', 'f'));
    const places = new Map([
      ['A', place('x/y', 'f')],
      ['B', place('d/e/f')],
      ['C', place('d/e')],
    ]);
    const { problems } = planImport([pair('A'), pair('B'), pair('C')], { inventory, places });
    expect(problems.map((found) => found.cause)).toEqual([
      'x/y#f cannot stand beside x/y',
      'd/e/f cannot stand beside d/e#f',
      'd/e cannot stand beside fields of d/e',
    ]);
  });

  test('a binary value cannot be a field', () => {
    const value = Secret.fromBytes(new Uint8Array([0xff]));
    expect(problemsOf({ name: 'BINANCE_API_KEY', value, where: 'x' })[0]?.cause).toContain('is binary');
  });

  test('a name that the inventory gives to another secret is a problem naming both', () => {
    const inventory = inventoryOf({ ...bareEntry(parsePath('web/session')), env: ['TOKEN_A'] });
    const { problems } = planImport([pair('TOKEN_A')], { inventory, places: new Map([['TOKEN_A', place('app/t')]]) });
    expect(problems[0]?.cause).toMatch(/web\/session and app\/t both claim .* TOKEN_A/);
  });

  test('a plan prints no value', () => {
    const plan = planOf(['A']);
    expect(JSON.stringify(plan)).not.toContain('value of');
  });
});
