import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { emptyInventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { payloadText } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { Secret } from '../../core/secret.js';
import { createMemoryProvider, type MemoryValue } from '../../testing/memory-provider.js';
import { type ImportPlan, planImport } from './import-plan.js';
import { refuseProblems, refuseSteps } from './refuse-transfer.js';
import { applyTransfer, planTransfer, verifyTransfer } from './transfer.js';
import { placedValues } from './wanted-secrets.js';

async function applyImport(plan: ImportPlan, store: Provider, { overwrite = false } = {}) {
  refuseProblems(plan);
  const steps = await planTransfer(placedValues(plan.items), store);
  refuseSteps(steps, store, { overwrite });
  const written = await applyTransfer(steps, store);
  return { written, unchanged: steps.length - written };
}

const verifyImport = (plan: ImportPlan, store: Provider) => verifyTransfer(placedValues(plan.items), store);

const planOf = (values: Readonly<Record<string, string>>) =>
  planImport(
    Object.entries(values).map(([name, value]) => ({ name, value: Secret.fromText(value), where: '.env' })),
    { inventory: emptyInventory },
  );

const binance = { BINANCE_API_KEY: 'canary-key', BINANCE_SECRET_KEY: 'canary-secret' };

const storeWith = (secrets: Readonly<Record<string, MemoryValue>> = {}) => createMemoryProvider({ secrets });

async function read(provider: Provider, path: string) {
  const found = await provider.read({ path: parsePath(path) });
  return found && { text: payloadText(found.payload), metadata: found.metadata, version: found.version?.number };
}

describe('applying an import', () => {
  test('writes a document as one version with all its fields and notes the names', async () => {
    const store = storeWith();
    const plan = planOf({ ...binance, JWT_SECRET: 'j' });
    expect(await applyImport(plan, store)).toEqual({ written: 2, unchanged: 0 });
    expect(await read(store, 'exchange/binance')).toEqual({
      text: '{"api_key":"canary-key","api_secret":"canary-secret"}',
      metadata: { 'env.api_key': 'BINANCE_API_KEY', 'env.api_secret': 'BINANCE_SECRET_KEY' },
      version: 1,
    });
    expect(await read(store, 'app/jwt_secret')).toEqual({ text: 'j', metadata: { env: 'JWT_SECRET' }, version: 1 });
    await verifyImport(plan, store);
  });

  test('a second run changes nothing', async () => {
    const store = storeWith();
    const plan = planOf({ ...binance, EMPTY: '' });
    await applyImport(plan, store);
    expect(await applyImport(plan, store)).toEqual({ written: 0, unchanged: 2 });
    expect(await read(store, 'exchange/binance')).toMatchObject({ version: 1 });
  });

  test('an interrupted run is finished by the next', async () => {
    const store = storeWith();
    const plan = planOf({ A: '1', B: '2', C: '3' });
    const stop = new KeywardError('unavailable', 'gone');
    const breaking: Provider = {
      ...store,
      write: (path, input, options) => (path === 'app/b' ? Promise.reject(stop) : store.write(path, input, options)),
    };
    await expect(applyImport(plan, breaking)).rejects.toMatchObject({ code: 'unavailable', cause: stop });
    await expect(verifyImport(plan, store)).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringMatching(/: app\/b is absent$/),
    });
    expect(await applyImport(plan, store)).toEqual({ written: 1, unchanged: 2 });
    await verifyImport(plan, store);
  });

  test('keeps the other fields of a document and the rest of its metadata', async () => {
    const store = storeWith({ 'exchange/binance': { api_key: 'canary-key', note: 'kept' } });
    await store.write(parsePath('exchange/binance'), { metadata: { owner: 'me', 'env.api_key': 'OTHER' } });
    expect(await applyImport(planOf(binance), store)).toEqual({ written: 1, unchanged: 0 });
    expect(await read(store, 'exchange/binance')).toMatchObject({
      text: '{"api_key":"canary-key","note":"kept","api_secret":"canary-secret"}',
      metadata: { owner: 'me', 'env.api_key': 'OTHER BINANCE_API_KEY', 'env.api_secret': 'BINANCE_SECRET_KEY' },
    });
  });

  test('an empty value is a value, also as a new field', async () => {
    const store = storeWith({ 'exchange/okx': { api_key: 'k' } });
    const plan = planOf({ OKX_API_KEY: 'k', OKX_PASSPHRASE: '' });
    await applyImport(plan, store);
    await verifyImport(plan, store);
  });

  test('an equal value gets its names noted without a new version', async () => {
    const store = storeWith({ 'app/a': '1' });
    await applyImport(planOf({ A: '1' }), store);
    expect(await read(store, 'app/a')).toEqual({ text: '1', metadata: { env: 'A' }, version: 1 });
  });

  test('a field that is not text counts by its verbatim form', async () => {
    const store = storeWith({ 'exchange/okx': '{"api_key":"k","testnet":false}' });
    await applyImport(planOf({ OKX_API_KEY: 'k', OKX_TESTNET: 'false' }), store);
    expect(await read(store, 'exchange/okx')).toMatchObject({ text: '{"api_key":"k","testnet":false}', version: 1 });
  });

  test('differing values stop it before anything is written, naming the places and no value', async () => {
    const store = storeWith({ 'app/z': 'canary-old', 'exchange/binance': { api_key: 'canary-old' } });
    const plan = planOf({ A: '1', ...binance, Z: 'canary-new' });
    const error = await applyImport(plan, store).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'conflict',
      message: 'memory holds other values for exchange/binance#api_key, app/z',
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    expect(await read(store, 'app/a')).toBeUndefined();
  });

  test('differing values are replaced where that is asked for', async () => {
    const store = storeWith({ 'app/z': 'old', 'exchange/binance': { api_key: 'old', note: 'kept' } });
    const plan = planOf({ ...binance, Z: 'new' });
    expect(await applyImport(plan, store, { overwrite: true })).toEqual({ written: 2, unchanged: 0 });
    await verifyImport(plan, store);
    expect(await read(store, 'exchange/binance')).toMatchObject({ text: expect.stringContaining('"note":"kept"') });
  });

  test('fields never replace a single value', async () => {
    const store = storeWith({ 'exchange/binance': 'single' });
    await expect(applyImport(planOf(binance), store, { overwrite: true })).rejects.toMatchObject({
      code: 'conflict',
      path: 'exchange/binance',
    });
  });

  test.each(['app/a', 'exchange/binance'])('a change of %s by somebody else meanwhile is a conflict', async (path) => {
    const store = storeWith();
    const racing: Provider = {
      ...store,
      write: async (written, input, options) => {
        if (written === path) store.set(path, path === 'app/a' ? 'theirs' : { api_key: 'theirs' });
        return store.write(written, input, options);
      },
    };
    await expect(applyImport(planOf({ A: '1', ...binance }), racing)).rejects.toMatchObject({ code: 'conflict' });
    expect(await read(store, path)).toMatchObject({ text: expect.stringContaining('theirs') });
  });

  test('a plan with problems is refused', async () => {
    const plan = planOf({ POSTGRES_PASSWORD: 'canary-1', PGPASSWORD: 'canary-2' });
    const error = await applyImport(plan, storeWith()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('PGPASSWORD') });
    expect(String(error)).not.toContain('canary');
  });

  test('a store that cannot be written to is refused before it is asked anything', async () => {
    const store = createMemoryProvider({ capabilities: [] });
    await store.close();
    await expect(applyImport(planOf({ A: '1' }), store)).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('a value that JSON or a shell would change arrives as it is', async () => {
    const store = storeWith();
    const value = '\ufeff{"a": 1.0}\r\n$HOME `x` \\n "q" 𝄞\u0000';
    const plan = planOf({ OKX_API_KEY: value, BLOB: value });
    await applyImport(plan, store);
    await verifyImport(plan, store);
    expect(await read(store, 'app/blob')).toMatchObject({ text: value });
  });
});

describe('verifying an import', () => {
  test('names what differs and what is absent, and no value', async () => {
    const store = storeWith({ 'app/a': 'canary-other', 'exchange/binance': { api_key: 'canary-key' } });
    const error = await verifyImport(planOf({ A: 'canary-a', ...binance }), store).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'integrity',
      message: 'memory does not hold all of it: app/a holds another value, exchange/binance#api_secret is absent',
    });
    expect(String(error)).not.toContain('canary');
  });
});
