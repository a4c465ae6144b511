import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emitEnvironment, lookupNames, targetsOf } from '../../core/environment-names.js';
import { emptyInventory, type Inventory } from '../../core/inventory.js';
import { fieldOf, payloadText } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { Secret } from '../../core/secret.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { type ImportPlan, planImport } from './import-plan.js';
import { applyTransfer, planTransfer } from './transfer.js';
import { placedValues } from './wanted-secrets.js';

type Environment = Readonly<Record<string, string>>;

const documented = [
  ...['BINANCE_API_KEY', 'BINANCE_SECRET_KEY', 'BINANCE_API_SECRET', 'COINBASE_API_KEY', 'COINBASE_SECRET_KEY'],
  ...['GATEIO_API_KEY', 'GATEIO_API_SECRET', 'KUCOIN_API_KEY', 'KUCOIN_SECRET_KEY', 'KUCOIN_PASSPHRASE'],
  ...['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'REDIS_PASSWORD', 'DB_PASSWORD', 'DATABASE_URL'],
  ...['SECRET_KEY', 'API_KEY', 'VANTAGE_API_KEY', 'WORKER_CLICKHOUSE_PASSWORD', 'API_CLICKHOUSE_PASSWORD'],
  ...['KAFKA_SASL_PASSWORD', 'TELEGRAM_TOKEN', 'TEST_KEY', 'HF_TOKEN', 'VAULT_ADDR', 'VAULT_TOKEN', 'AWS_REGION'],
  ...['AWS_SECRET_ACCESS_KEY', 'USE_AWS_SECRETS', 'HOST', 'PORT', 'USER', 'PATH', 'NODE_ENV', 'PGPASSWORD'],
];

const word = fc.constantFrom('BINANCE', 'OKX', 'API', 'KEY', 'SECRET', 'READONLY', 'APP', 'DB', 'URL', 'US', '', 'x');
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...documented) },
  { weight: 3, arbitrary: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('_')) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/) },
);
const environment = fc
  .dictionary(
    name.filter((text) => /^[A-Za-z_]/.test(text) && text !== '__proto__'),
    fc.oneof(fc.constantFrom('', 'same'), fc.string({ unit: 'grapheme' })),
    { maxKeys: 10 },
  )
  .map((values): Environment => ({ ...values }));

const pairsOf = (values: Environment) =>
  Object.entries(values).map(([name, value]) => ({ name, value: Secret.fromText(value), where: '.env' }));

async function emitted(provider: Provider, inventory: Inventory): Promise<Environment> {
  const values = new Map<string, string>();
  for (const [name, { path, field }] of emitEnvironment([...inventory.values()].flatMap(targetsOf)).names) {
    const payload = (await provider.read({ path }))?.payload;
    const value = payload && field !== undefined ? fieldOf(payload, field) : payload;
    if (value !== undefined) values.set(name, payloadText(value));
  }
  return Object.fromEntries(values);
}

async function applyImport(plan: ImportPlan, provider: Provider): Promise<number> {
  return applyTransfer(await planTransfer(placedValues(plan.items), provider), provider);
}

async function importInto(provider: Provider, values: Environment, inventory: Inventory): Promise<Inventory> {
  const plan = planImport(pairsOf(values), { inventory });
  expect(plan.problems).toEqual([]);
  await applyImport(plan, provider);
  return new Map([...inventory, ...plan.entries.map((entry) => [entry.path, entry] as const)]);
}

const causes = (values: Environment) =>
  planImport(pairsOf(values), { inventory: emptyInventory }).problems.map((found) => found.cause);

describe('import and run are inverse', () => {
  test('each documented name comes back alone', async () => {
    for (const name of documented) {
      const store = createMemoryProvider();
      const values = { [name]: `value of ${name}` };
      expect(await emitted(store, await importInto(store, values, emptyInventory))).toEqual(values);
    }
  });

  test('all documented names come back together where those of one place agree', async () => {
    const store = createMemoryProvider();
    const values = Object.fromEntries(documented.map((name) => [name, 'same']));
    const inventory = await importInto(store, values, emptyInventory);
    expect(await emitted(store, inventory)).toEqual(values);
  });

  test('whatever the file holds comes back with the same names and values, or two names are said to collide', async () => {
    await fc.assert(
      fc.asyncProperty(environment, async (values) => {
        const problems = causes(values);
        for (const cause of problems) expect(cause).toContain('have different values but go to');
        if (problems.length > 0) return;
        const store = createMemoryProvider();
        const inventory = await importInto(store, values, emptyInventory);
        expect(await emitted(store, inventory)).toEqual(values);
        for (const [name, target] of emitEnvironment([...inventory.values()].flatMap(targetsOf)).names) {
          expect(lookupNames(target, target.entry)).toContain(name);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a second import of the same file asks for nothing and writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(environment, async (values) => {
        if (causes(values).length > 0) return;
        const store = createMemoryProvider();
        const inventory = await importInto(store, values, emptyInventory);
        const again = planImport(pairsOf(values), { inventory });
        expect(again.entries).toEqual([]);
        expect(again.problems).toEqual([]);
        expect(await applyImport(again, store)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('what an earlier import brought keeps its names when another follows', async () => {
    await fc.assert(
      fc.asyncProperty(environment, environment, async (first, second) => {
        if (causes(first).length > 0) return;
        const store = createMemoryProvider();
        const inventory = await importInto(store, first, emptyInventory);
        const plan = planImport(pairsOf({ ...second, ...first }), { inventory });
        if (plan.problems.length > 0) return;
        await applyImport(plan, store);
        const merged = new Map([...inventory, ...plan.entries.map((entry) => [entry.path, entry] as const)]);
        expect(await emitted(store, merged)).toEqual({ ...second, ...first });
      }),
      { numRuns: 200 },
    );
  });
});
