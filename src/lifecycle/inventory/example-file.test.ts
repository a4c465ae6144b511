import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bareEntry, type InventoryEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { Secret } from '../../core/secret.js';
import { parseDotenv } from '../../formats/dotenv.js';
import { exampleFindings, exampleText, missingInExample } from './example-file.js';

const entry = (path: string, rest: Partial<InventoryEntry> = {}) =>
  [parsePath(path), { ...bareEntry(parsePath(path)), ...rest }] as const;
const inventory = new Map([
  entry('exchange/binance', { fields: ['api_key', 'api_secret'], owner: 'trading', purpose: 'orders\nA=b' }),
  entry('database/url', { env: ['DATABASE_URL', 'DB_URL'], required: false }),
]);

describe('the example made of an inventory', () => {
  test('has every name with what it is for, and no value', () => {
    const text = exampleText(inventory);
    expect(text).toBe(
      [
        '# exchange/binance#api_key, orders A=b, trading\nBINANCE_API_KEY=\n',
        '# exchange/binance#api_secret, orders A=b, trading\nBINANCE_API_SECRET=\n',
        '# database/url, optional\nDATABASE_URL=\n# database/url, optional\nDB_URL=\n',
      ].join(''),
    );
    expect(parseDotenv(text).entries.filter(({ value }) => value !== '')).toEqual([]);
    expect(exampleFindings(text, new Map())).toEqual([]);
    expect(missingInExample(inventory, text)).toEqual([]);
  });

  test('is what a file is held to that somebody wrote', () => {
    expect(missingInExample(inventory, 'BINANCE_API_KEY=x\nOTHER=\n')).toEqual([
      'BINANCE_API_SECRET',
      'DATABASE_URL',
      'DB_URL',
    ]);
  });
});

describe('an example', () => {
  const findingsIn = (text: string, held: Readonly<Record<string, string>> = {}) =>
    exampleFindings(text, new Map(Object.entries(held).map(([name, value]) => [name, Secret.fromText(value)])));

  test.each(['API_KEY=kR7x2pQ9zT1', 'STRIPE=sk_live_4eC39HqLyjWD', 'DB_PASSWORD="0b8b5cda8e9d4f05"'])(
    '%s looks like a real value, which is not repeated',
    (line) => {
      const findings = findingsIn(`# comment\n${line}\n`);
      expect(findings).toMatchObject([{ severity: 'error', where: '.env.example:2' }]);
      expect(inspect(findings)).not.toContain(line.split('=')[1]?.replaceAll('"', ''));
    },
  );

  test.each([
    'API_KEY=',
    'API_KEY=your_api_key_here',
    'DB_PASSWORD=postgres',
    'PORT=8080',
    'NODE_ENV=production',
    'TOKEN=<token>',
  ])('%s is a dummy', (line) => {
    expect(findingsIn(line)).toEqual([]);
  });

  test('that cannot be read is not taken for a clean one', () => {
    expect(findingsIn('A_TOKEN="kR7x2pQ9zT1\n')).toMatchObject([
      { severity: 'error', cause: expect.stringContaining('.env.example:1') },
    ]);
  });

  test('with the value of a secret is an error, under whatever name', () => {
    const held = { 'app/token': 'hello', 'app/environment': 'production' };
    expect(findingsIn('GREETING=hello\nNODE_ENV=production\n', held)).toMatchObject([
      { where: '.env.example:1', cause: 'GREETING has the value of a secret' },
    ]);
  });
});
