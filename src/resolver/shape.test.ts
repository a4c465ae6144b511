import { describe, expect, test } from 'vitest';
import { bareEntry, type InventoryEntry } from '../core/inventory.js';
import { parsePath } from '../core/path.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import type { ScriptedProvider } from '../testing/scripted-provider.js';

const name = 'exchange/binance/api_key';
const asField = 'exchange/binance#api_key';
type Layout = ScriptedProvider['traits']['layout'];

function oneStore(layout: Layout, entries: readonly InventoryEntry[] = []) {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'store', traits: { layout } });
  const inventory = new Map(entries.map((entry) => [entry.path, entry]));
  const secrets = chain.secrets({ links: [{ provider: store }], inventory, cache: { ttlMs: 0, maxStaleMs: 0 } });
  return { ...chain, store, secrets };
}

function listed(path: string, fields?: readonly string[]): InventoryEntry {
  return { ...bareEntry(parsePath(path)), fields };
}

describe('a name that is not in the inventory', () => {
  test.each([
    ['document', [asField, name]],
    ['single', [name, asField]],
    ['both', [name, asField]],
  ] as const)('is looked for by the usual layout of the store first: %s', async (layout, expected) => {
    const { store, secrets } = oneStore(layout);
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'not_found' });
    expect(store.asked).toEqual(expected);
  });

  test('is one batch in a store with both layouts, and the exact secret wins', async () => {
    const { store, secrets } = oneStore('both');
    store.says(name, { value: 'exact' });
    store.says('exchange/binance', { fields: { api_key: 'field' } });
    expect((await secrets.get(name)).expose()).toBe('exact');
    expect([store.calls, store.asked.length]).toEqual([1, 2]);
  });

  test('is two reads in a store with both layouts that has no batch read', async () => {
    const { store, secrets } = chainUnderTest();
    const scripted = store({ name: 'store', traits: { layout: 'both' } });
    scripted.says(name, { error: 'denied' });
    scripted.says('exchange/binance', { fields: { api_key: 'field' } });
    const face = secrets({ links: [{ provider: { ...scripted, capabilities: new Set() } }] });
    expect((await face.get(name)).expose()).toBe('field');
    expect([scripted.calls, scripted.asked]).toEqual([2, [name, asField]]);
  });

  test('found in its other shape is looked for there first the next time', async () => {
    const { store, secrets } = oneStore('document');
    store.says(name, { value: 'single' });
    await secrets.get(name);
    await secrets.get(name);
    expect(store.asked).toEqual([asField, name, name]);
  });

  test('remembered in one shape is still found when it moves to the other', async () => {
    const { store, secrets } = oneStore('single');
    store.says(name, { value: 'single' });
    await secrets.get(name);
    store.says(name, { absent: true });
    store.says('exchange/binance', { fields: { api_key: 'moved' } });
    expect((await secrets.get(name)).expose()).toBe('moved');
  });

  test.each(['document', 'single', 'both'] as const)(
    'found wins over denied in a store of layout %s',
    async (layout) => {
      const { store, secrets } = oneStore(layout);
      store.says(name, { error: 'denied' });
      store.says('exchange/binance', { fields: { api_key: 'field' } });
      expect((await secrets.get(name)).expose()).toBe('field');
      store.says(name, { value: 'single' });
      store.says('exchange/binance', { error: 'denied' });
      expect((await secrets.get(name)).expose()).toBe('single');
    },
  );

  test.each(['document', 'single', 'both'] as const)(
    'denied wins over absent in a store of layout %s',
    async (layout) => {
      for (const path of [name, 'exchange/binance']) {
        const { store, secrets } = oneStore(layout);
        store.says(path, { error: 'denied' });
        await expect(secrets.get(name, { default: 'x' })).rejects.toMatchObject({ code: 'denied' });
      }
    },
  );

  test('denied in one shape is denied although the store fails for the other', async () => {
    const { store, secrets, settle } = oneStore('document');
    store.says('exchange/binance', { error: 'denied' });
    store.says(name, { error: 'unavailable' });
    await expect(settle(secrets.get(name))).rejects.toMatchObject({ code: 'denied' });
  });

  test('deleted as an exact secret is not brought back by a field of the same name', async () => {
    const { store, secrets } = oneStore('both');
    store.says(name, { error: 'deleted' });
    store.says('exchange/binance', { fields: { api_key: 'field' } });
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'deleted' });
  });

  test('of one segment is only ever a secret', async () => {
    const { store, secrets } = oneStore('document');
    await expect(secrets.get('token')).rejects.toMatchObject({ code: 'not_found' });
    expect(store.asked).toEqual(['token']);
  });

  test('is absent when the document is a single value without fields', async () => {
    const { store, secrets } = oneStore('document');
    store.says('exchange/binance', { value: 'no document' });
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'not_found' });
    expect((await secrets.get('exchange/binance/value')).expose()).toBe('no document');
  });

  test('with a version asks for that version of the document', async () => {
    const { store, secrets } = oneStore('document');
    store.says('exchange/binance', { fields: { api_key: 'third' }, version: 3 });
    expect((await secrets.get(`${name}@3`)).origin?.version).toBe(3);
    expect(store.asked).toEqual([`${asField}@3`]);
  });

  test('in a batch that comes back incomplete is invalid', async () => {
    const { store, secrets: face } = chainWithShortBatch();
    await expect(face.get(name)).rejects.toMatchObject({ code: 'invalid', store: store.name });
  });
});

describe('a name in the inventory', () => {
  test.each(['document', 'single', 'both'] as const)('as a field is only a field, in layout %s', async (layout) => {
    const { store, secrets } = oneStore(layout, [listed('exchange/binance', ['api_key'])]);
    store.says(name, { value: 'single' });
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'not_found' });
    expect(store.asked).toEqual([asField]);
  });

  test.each(['document', 'single', 'both'] as const)('as a secret is only a secret, in layout %s', async (layout) => {
    const { store, secrets } = oneStore(layout, [listed(name)]);
    store.says('exchange/binance', { fields: { api_key: 'field' } });
    await expect(secrets.get(name)).rejects.toMatchObject({ code: 'not_found' });
    expect(store.asked).toEqual([name]);
  });

  test('that does not list the field leaves it undecided', async () => {
    const { store, secrets } = oneStore('document', [listed('exchange/binance', ['api_secret'])]);
    store.says(name, { value: 'single' });
    expect((await secrets.get(name)).expose()).toBe('single');
  });
});

describe('an explicit field', () => {
  test('is never looked for as a secret', async () => {
    const { store, secrets } = oneStore('single', [listed(name)]);
    store.says(name, { value: 'single' });
    await expect(secrets.get(asField)).rejects.toMatchObject({ code: 'not_found' });
    expect(store.asked).toEqual([asField]);
  });

  test('that is no string reads as its verbatim JSON text', async () => {
    const chain = chainUnderTest();
    const store = chain.store({ name: 'store' });
    store.says('app', { value: '{"pool": {"size": 1.0}}' });
    const secrets = chain.secrets({ links: [{ provider: store }] });
    expect((await secrets.get('app#pool')).expose()).toBe('{"size": 1.0}');
  });
});

describe('getAll', () => {
  test('gives every field, of one provider and one version', async () => {
    const { store, secrets } = oneStore('document');
    store.says('exchange/binance', { fields: { api_key: 'k', testnet: 'false' }, version: 2 });
    const all = await secrets.getAll('exchange/binance');
    expect(Object.keys(all)).toEqual(['api_key', 'testnet']);
    expect(Object.values(all).map((secret) => secret.origin?.version)).toEqual([2, 2]);
    expect(JSON.stringify(all)).not.toContain('false');
  });

  test('gives the one field value of a secret without fields', async () => {
    const { store, secrets } = oneStore('single');
    store.says('app/jwt', { value: 'v' });
    expect((await secrets.getAll('app/jwt'))['value']?.expose()).toBe('v');
  });

  test('never reads a field of another document, and refuses a ref that names one', async () => {
    const { store, secrets } = oneStore('document');
    store.says('exchange/binance', { fields: { api_key: 'k' } });
    await expect(secrets.getAll(name)).rejects.toMatchObject({ code: 'not_found' });
    await expect(secrets.getAll(asField)).rejects.toMatchObject({ code: 'invalid' });
    expect(store.asked).toEqual([name]);
  });
});

function chainWithShortBatch() {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'store', traits: { layout: 'both' } });
  const provider = { ...store, readMany: async () => [undefined] };
  return { store, secrets: chain.secrets({ links: [{ provider }] }) };
}
