import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDerivedTemplate } from '../../core/derived-template.js';
import { bareEntry, type InventoryEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { parseYamlConfig } from '../../formats/yaml.js';
import { entryYaml, inventoryYaml } from './inventory-yaml.js';

const entry = (path: string, more: Partial<InventoryEntry> = {}): InventoryEntry => ({
  ...bareEntry(parsePath(path)),
  ...more,
});

describe('the inventory as YAML', () => {
  test('is one short line for each secret', () => {
    const day = 86_400_000;
    const entries = [
      entry('exchange/binance', {
        fields: ['api_key', 'api_secret'],
        fieldEnv: new Map([['api_secret', ['BINANCE_SECRET_KEY']]]),
      }),
      entry('database/postgres/password', {
        env: ['POSTGRES_PASSWORD', 'PGPASSWORD'],
        rotate: { every: 30 * day, jitter: 0 },
        owner: 'platform',
        purpose: 'the main database',
        required: false,
      }),
      entry('app/jwt_secret'),
    ];
    expect(inventoryYaml(entries)).toBe(`secrets:
  exchange/binance: { fields: [api_key, api_secret], env: { api_secret: BINANCE_SECRET_KEY } }
  database/postgres/password: { env: [POSTGRES_PASSWORD, PGPASSWORD], rotate: 30d, owner: platform, purpose: "the main database", required: false }
  app/jwt_secret: {}
`);
    expect(inventoryYaml([])).toBe('secrets: {}\n');
  });

  test('says what a derived secret is made of', () => {
    const from = parseDerivedTemplate('postgresql://bot:{database/postgres/password}@db/{{bot}}');
    expect(entryYaml(entry('database/url', { from, env: ['DATABASE_URL'] }))).toBe(
      'database/url: { from: "postgresql://bot:{database/postgres/password}@db/{{bot}}", env: DATABASE_URL }',
    );
  });

  test.each(['y', 'NO', 'true', 'null', '1e3', '-a', '0x1F', '.5', '=', '@x'])('%s is quoted', (path) => {
    expect(entryYaml(entry(path))).toBe(`"${path}": {}`);
  });

  test('reads back as it was meant, whatever the names', async () => {
    const name = fc.oneof(
      fc.constantFrom('y', 'null', 'a: b', '# c', '1', '[x]', "it's", 'ü', '\u2028', '{', 'a,b'),
      fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/\p{Cc}/u.test(text) && text !== '__proto__'),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), name, async (fields, owner) => {
        const fieldEnv = new Map(fields.map((field, index) => [field, [`NAME_${index}`]]));
        const { data } = await parseYamlConfig(inventoryYaml([entry('a/b', { fields, fieldEnv, owner })]), 'x');
        const env = Object.fromEntries(fields.map((field, index) => [field, `NAME_${index}`]));
        expect(data).toEqual({ secrets: { 'a/b': { fields, env, owner } } });
      }),
    );
  });
});
