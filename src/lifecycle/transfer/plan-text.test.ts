import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyInventory } from '../../core/inventory.js';
import { Secret } from '../../core/secret.js';
import { type ImportPair, planImport } from './import-plan.js';
import { formatPlan, parsePlanText } from './plan-text.js';

const pairsOf = (...names: string[]): readonly ImportPair[] =>
  names.map((name, index) => ({ name, value: Secret.fromText(`canary-${index}`), where: `.env:${index + 1}` }));

const planOf = (...names: string[]) => planImport(pairsOf(...names), { inventory: emptyInventory });

describe('a plan as text', () => {
  test('has a line for each name and says which look like plain settings', () => {
    expect(formatPlan(planOf('BINANCE_API_KEY', 'BINANCE_SECRET_KEY', 'LOG_LEVEL', 'VAULT_TOKEN'))).toBe(
      `BINANCE_API_KEY -> exchange/binance#api_key
BINANCE_SECRET_KEY -> exchange/binance#api_secret
LOG_LEVEL -> app/log_level  # looks like a plain setting
VAULT_TOKEN -> app/vault_token  # opens a backing store: may be needed before any store is open
`,
    );
  });

  test('begins with what must be settled, and holds no value', () => {
    const text = formatPlan(planOf('POSTGRES_PASSWORD', 'PGPASSWORD'));
    expect(text).toMatch(/^# \.env:2: PGPASSWORD and POSTGRES_PASSWORD have different values/);
    expect(text).not.toContain('canary');
  });

  test('reads back as the places it shows', () => {
    const name = fc.constantFrom('A', 'BINANCE_API_KEY', 'BINANCE_SECRET', 'PORT', 'X_Y', 'lower', 'PGUSER', 'OKX_KEY');
    fc.assert(
      fc.property(fc.uniqueArray(name), (names) => {
        const plan = planOf(...names);
        const places = parsePlanText(formatPlan(plan), names);
        const again = planImport(pairsOf(...names), { inventory: emptyInventory, places });
        expect(formatPlan(again)).toBe(formatPlan(plan));
      }),
    );
  });

  test('an edited place counts, and a name without a line is left out', () => {
    const places = parsePlanText('\n# moved\r\nB -> team/b#token # mine\r\n', ['A', 'B']);
    const { items, problems } = planImport(pairsOf('A', 'B'), { inventory: emptyInventory, places });
    expect(problems).toEqual([]);
    expect(items).toMatchObject([{ path: 'team/b', field: 'token', names: ['B'] }]);
  });

  test('an edit settles two names for one place', () => {
    const places = parsePlanText('POSTGRES_PASSWORD -> database/postgres/password\nPGPASSWORD -> app/pgpassword', [
      'POSTGRES_PASSWORD',
      'PGPASSWORD',
    ]);
    const plan = planImport(pairsOf('POSTGRES_PASSWORD', 'PGPASSWORD'), { inventory: emptyInventory, places });
    expect(plan.problems).toEqual([]);
  });

  test('every line that cannot be read is reported by its number', () => {
    const text = 'A -> app/a\nA -> app/b\nB app/b\nC -> app/c\nB -> ../b\nB -> b@2\nB -> b#\nB ->\n';
    const read = () => parsePlanText(text, ['A', 'B']);
    expect(read).toThrowError(expect.objectContaining({ code: 'invalid' }));
    for (const line of [2, 3, 4, 5, 6, 7, 8]) expect(read).toThrowError(new RegExp(`line ${line}: `));
    expect(read).not.toThrowError(/line 1: /);
  });
});
