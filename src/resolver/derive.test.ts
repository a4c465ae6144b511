import { describe, expect, test } from 'vitest';
import { parseDerivedTemplate } from '../core/derived-template.js';
import { bareEntry, type Inventory, type InventoryEntry } from '../core/inventory.js';
import { parsePath } from '../core/path.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import { plain, secret } from './config/config-entry.js';

function inventory(entries: Readonly<Record<string, Partial<InventoryEntry> | string>>): Inventory {
  return new Map(
    Object.entries(entries).map(([name, given]) => {
      const path = parsePath(name);
      const entry = typeof given === 'string' ? { from: parseDerivedTemplate(given) } : given;
      return [path, { ...bareEntry(path), ...entry }];
    }),
  );
}

const database = inventory({
  'database/postgres': { fields: ['user', 'password'] },
  'database/host': {},
  'database/url': 'postgresql://{database/postgres/user}:{database/postgres#password}@{database/host}/bot',
});

function overMemory() {
  const { clock, secrets } = chainUnderTest();
  const memory = createMemoryProvider({
    secrets: { 'database/postgres': { user: 'bot', password: 'one' }, 'database/host': 'db:5432' },
    clock,
  });
  return { clock, memory, secrets: secrets({ links: [{ provider: memory }], inventory: database }) };
}

describe('a secret that is made of others', () => {
  test('is read like any other, and says where it comes from', async () => {
    const { secrets } = overMemory();
    const url = await secrets.get('database/url');
    expect(url.expose()).toBe('postgresql://bot:one@db:5432/bot');
    expect(url.origin).toMatchObject({ provider: 'derived', degraded: false, version: undefined });
    expect((await secrets.getAll('database/url'))['value']?.equals(url)).toBe(true);
    const config = await secrets.config({ url: secret('database/url'), plain: plain('database/url') });
    expect(config.url.equals(config.plain)).toBe(true);
  });

  test('follows the rotation of a part as soon as the part is fresh', async () => {
    const { clock, memory, secrets } = overMemory();
    await secrets.get('database/url');
    memory.set('database/postgres', { user: 'bot2', password: 'two/@' });
    await clock.advance(300_000);
    expect((await secrets.get('database/url')).expose()).toBe('postgresql://bot2:two%2F%40@db:5432/bot');
  });

  test('never mixes fields of two versions, although one of them was read before', async () => {
    const { clock, memory, secrets } = overMemory();
    await clock.advance(1);
    await secrets.get('database/postgres#user');
    memory.set('database/postgres', { user: 'bot2', password: 'two' });
    expect((await secrets.get('database/url')).expose()).toBe('postgresql://bot2:two@db:5432/bot');
  });

  test('asks a store once for each document, and never for the derived name', async () => {
    const { store, secrets } = chainUnderTest();
    const provider = store({ name: 'scripted' });
    provider.says('database/postgres', { fields: { user: 'a', password: 'b' } });
    provider.says('database/host', { value: 'h' });
    provider.says('database/url', { value: 'from the store' });
    const chain = secrets({ links: [{ provider }], inventory: database });
    expect((await chain.get('database/url')).expose()).toBe('postgresql://a:b@h/bot');
    expect([...provider.asked].sort()).toEqual(['database/host', 'database/postgres']);
  });

  test('is absent, with every missing part named, when a part is', async () => {
    const { secrets } = chainUnderTest();
    const provider = createMemoryProvider({ secrets: { 'database/postgres': { user: 'bot' } } });
    const chain = secrets({ links: [{ provider }], inventory: database });
    await expect(chain.get('database/url')).rejects.toMatchObject({
      code: 'not_found',
      message: 'database/url is made of what no store has: database/postgres#password, database/host',
    });
    expect((await chain.get('database/url', { default: 'sqlite://' })).expose()).toBe('sqlite://');
  });

  test('fails as its part does when a store refuses or is out of reach, also when another part is absent', async () => {
    for (const code of ['denied', 'unavailable'] as const) {
      const { store, secrets, settle } = chainUnderTest();
      const provider = store({ name: 'scripted' });
      provider.says('database/host', { error: code });
      const chain = secrets({ links: [{ provider }], inventory: database });
      await expect(settle(chain.get('database/url', { default: 'weak' }))).rejects.toMatchObject({ code });
    }
  });

  test('refuses a binary part, and a part that is no host, without its value', async () => {
    const { memory, secrets } = overMemory();
    memory.set('database/host', 'evil.example/');
    await expect(secrets.get('database/url')).rejects.toThrow('the value of database/host stands for a host');
    const binary = overMemory();
    binary.memory.set('database/host', Uint8Array.of(0xff));
    await expect(binary.secrets.get('database/url')).rejects.toThrow('database/host is binary');
  });

  test('is kept out of logs together with what it is made of', async () => {
    const { memory, secrets } = overMemory();
    memory.set('database/postgres', { user: 'bot', password: 'p@ss' });
    await secrets.get('database/url');
    const known = secrets.known().map((value) => value.expose());
    expect(known).toEqual(expect.arrayContaining(['p@ss', 'postgresql://bot:p%40ss@db:5432/bot']));
  });

  test('is followed by a handle', async () => {
    const { clock, memory, secrets } = overMemory();
    const handle = await secrets.handle('database/url');
    const seen: string[] = [];
    handle.onChange((secret) => seen.push(secret.expose()));
    memory.set('database/host', 'other:1');
    await clock.advance(300_000);
    expect(seen).toEqual(['postgresql://bot:one@other:1/bot']);
    expect(handle.current().expose()).toBe('postgresql://bot:one@other:1/bot');
    await secrets.close();
  });

  test('has no fields and no versions', async () => {
    const { secrets } = overMemory();
    for (const name of ['database/url@previous', 'database/url#value', 'database/url@1']) {
      await expect(secrets.get(name)).rejects.toMatchObject({ code: 'invalid' });
      await expect(secrets.explain(name)).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  test('is explained by its parts', async () => {
    const { secrets } = overMemory();
    const explanation = await secrets.explain('database/url');
    expect(explanation).toMatchObject({ name: 'database/url', steps: [], answeredBy: 'derived', shadowed: [] });
    expect(explanation.parts?.map(({ name, answeredBy }) => [name, answeredBy])).toEqual([
      ['database/postgres#user', 'memory'],
      ['database/postgres#password', 'memory'],
      ['database/host', 'memory'],
    ]);
  });

  test('is too large when its parts are', async () => {
    const { secrets } = chainUnderTest();
    const provider = createMemoryProvider({ secrets: { big: 'x'.repeat(400_000) } });
    const chain = secrets({
      links: [{ provider }],
      inventory: inventory({ big: {}, twice: '{big|raw}{big|raw}' }),
    });
    await expect(chain.get('twice')).rejects.toMatchObject({ code: 'too_large' });
  });
});
