import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordsClient } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Secrets } from '../resolver/secrets.js';
import { type ChainUnderTest, chainUnderTest } from '../testing/chain-under-test.js';
import { createMemoryRecords } from '../testing/memory-records.js';
import type { ScriptedProvider } from '../testing/scripted-provider.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { initStore } from './init-store.js';
import { identityText, OfflineCopies } from './offline-copies.js';
import { openWorkspace } from './open-workspace.js';
import { storeLocations } from './store-locations.js';

const hour = 3_600_000;
const name = 'app/jwt_secret';

let records: RecordsClient;
let chain: ChainUnderTest;
let findings: Finding[];

beforeEach(() => {
  records = createMemoryRecords();
  chain = chainUnderTest();
  findings = [];
});

interface Start {
  readonly secrets: Secrets;
  readonly copies: OfflineCopies;
}

const identity = (origin: string) =>
  identityText({ project: 'bot', environment: 'production', provider: 'vault', kind: 'vault', origin });

/** A process of its own: nothing is remembered but what is on record. */
function start(
  links: readonly ScriptedProvider[],
  options: {
    readonly origin?: string;
    readonly connect?: () => Promise<RecordsClient>;
    readonly production?: boolean;
  } = {},
): Start {
  const { origin = 'https://vault', connect = async () => records, production = true } = options;
  const copies = new OfflineCopies({
    connect,
    identities: new Map([['vault', identity(origin)]]),
    maxStaleMs: hour,
    clock: chain.clock,
    onFinding: (finding) => void findings.push(finding),
  });
  const secrets = chain.secrets({ links: links.map((provider) => ({ provider })), copies, production });
  return { secrets, copies };
}

function vaultThat(...answers: Parameters<ScriptedProvider['says']>[1][]): ScriptedProvider {
  const vault = chain.store({ name: 'vault', traits: { layout: 'single' } });
  const [first, ...rest] = answers;
  if (first !== undefined) vault.says(name, first, ...rest);
  return vault;
}

async function read(vault: ScriptedProvider, options = {}) {
  const { secrets, copies } = start([vault], options);
  const outcome = await chain.settle(secrets.get(name)).then(
    (secret) => ({ text: secret.expose(), origin: secret.origin }),
    (error: unknown) => error,
  );
  await copies.settled();
  return outcome;
}

const down = { error: 'unavailable' } as const;
const value = { value: 'last-good', version: 3 } as const;
const onRecord = async () => (await records.list('last-good/')).filter((record) => !record.endsWith('/clock'));

describe('last good values of remote stores', () => {
  test('are given at a start while the store is down, marked with their age', async () => {
    await read(vaultThat(value));
    await chain.clock.advance(hour / 2);
    expect(await read(vaultThat(down))).toMatchObject({
      text: 'last-good',
      origin: { provider: 'vault', version: 3, degraded: true, ageMs: expect.closeTo(hour / 2, -4) },
    });
  });

  test.each(['throttled', 'timeout'] as const)('are given for the outage %s too', async (error) => {
    await read(vaultThat(value));
    expect(await read(vaultThat({ error }))).toMatchObject({ text: 'last-good' });
  });

  test('are too old after maxStale, and then no other store stands in', async () => {
    await read(vaultThat(value));
    await chain.clock.advance(hour);
    const { secrets } = start([vaultThat(down), envWith('weaker')], { production: false });
    await expect(chain.settle(secrets.get(name))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('stand before a lower store, also one that may stand in', async () => {
    await read(vaultThat(value));
    const { secrets } = start([vaultThat(down), envWith('weaker')], { production: false });
    expect((await chain.settle(secrets.get(name))).expose()).toBe('last-good');
  });

  test('of a store that never answered do not exist, so a lower store stands in as ever', async () => {
    const { secrets } = start([vaultThat(down), envWith('weaker')], { production: false });
    expect((await chain.settle(secrets.get(name))).expose()).toBe('weaker');
  });

  test.each(['denied', 'unauthenticated', 'deleted', 'sealed', 'integrity', 'invalid'] as const)(
    'are wiped when the store answers %s',
    async (error) => {
      await read(vaultThat(value));
      expect(await onRecord()).toHaveLength(1);
      expect(await read(vaultThat({ error }))).toMatchObject({ code: error });
      expect(await onRecord()).toEqual([]);
      expect(await read(vaultThat(down))).toMatchObject({ code: 'unavailable' });
    },
  );

  test('are wiped when the store has the name no more', async () => {
    await read(vaultThat(value));
    expect(await read(vaultThat({ absent: true }))).toMatchObject({ code: 'not_found' });
    expect(await onRecord()).toEqual([]);
  });

  test('of every question about a document are wiped when one of its fields is denied', async () => {
    const vault = chain.store({ name: 'vault', traits: { layout: 'document' } });
    vault.says('exchange/binance', { fields: { api_key: 'k', api_secret: 's' } });
    const { secrets, copies } = start([vault]);
    for (const field of ['api_key', 'api_secret']) await chain.settle(secrets.get(`exchange/binance#${field}`));
    await chain.settle(secrets.getAll('exchange/binance'));
    await copies.settled();
    expect(await onRecord()).toHaveLength(3);
    vault.says('exchange/binance', { error: 'denied' });
    const next = start([vault]);
    await expect(chain.settle(next.secrets.get('exchange/binance#api_key'))).rejects.toMatchObject({ code: 'denied' });
    await next.copies.settled();
    expect(await onRecord()).toEqual([]);
  });

  test('are those of the newest read', async () => {
    await read(vaultThat(value));
    await read(vaultThat({ value: 'newer' }));
    expect(await read(vaultThat(down))).toMatchObject({ text: 'newer' });
    expect(await onRecord()).toHaveLength(1);
  });

  test('are not written again with every read of the same value', async () => {
    const vault = vaultThat(value);
    const { secrets, copies } = start([vault]);
    await chain.settle(secrets.get(name));
    await copies.settled();
    const [record = ''] = await onRecord();
    const before = await records.get(record);
    await secrets.refresh(name);
    await copies.settled();
    expect(await records.get(record)).toEqual(before);
  });

  test('are never younger than they are because the clock was put back', async () => {
    await read(vaultThat(value));
    await chain.clock.advance(hour / 2);
    expect(await read(vaultThat(down))).toMatchObject({ text: 'last-good' });
    chain.clock.jump(-hour / 4);
    expect(await read(vaultThat(down))).toMatchObject({ code: 'unavailable' });
    chain.clock.jump(hour / 4);
    expect(await read(vaultThat(down))).toMatchObject({ code: 'unavailable' });
    await read(vaultThat({ value: 'read anew' }));
    expect(await read(vaultThat(down))).toMatchObject({ text: 'read anew' });
  });

  test('do not outlive maxStale by being given again and again', async () => {
    await read(vaultThat(value));
    const { secrets } = start([vaultThat(down)]);
    const ends: string[] = [];
    for (let minutes = 0; minutes < 70; minutes += 10) {
      const outcome = await chain.settle(secrets.get(name)).then(
        () => 'given',
        () => 'refused',
      );
      ends.push(outcome);
      await chain.clock.advance(600_000);
    }
    expect(ends).toEqual(['given', 'given', 'given', 'given', 'given', 'given', 'refused']);
  });

  test('are of one configuration only', async () => {
    await read(vaultThat(value), { origin: 'https://vault/a/b' });
    expect(await read(vaultThat(down), { origin: 'https://vault/a-b' })).toMatchObject({ code: 'unavailable' });
  });

  test('of a record that was put under the name of another one are not given', async () => {
    await read(vaultThat(value), { origin: 'one' });
    const [record = ''] = await onRecord();
    const kept = await records.get(record);
    await read(vaultThat({ value: 'mine' }), { origin: 'two' });
    const mine = (await onRecord()).find((each) => each !== record) ?? '';
    const { revision = 0 } = (await records.get(mine)) ?? {};
    await records.put(mine, kept?.bytes ?? new Uint8Array(), { ifRevision: revision });
    const error = await read(vaultThat(down), { origin: 'two' });
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('not what was kept') });
  });

  test('over 64 KiB are not kept, and take a smaller one before them away', async () => {
    await read(vaultThat(value));
    await read(vaultThat({ value: 'x'.repeat(70_000) }));
    expect(await onRecord()).toEqual([]);
    expect(findings).toEqual([]);
  });

  test('that cannot be read let no other store stand in, since one might be on record', async () => {
    const connect = async () => {
      throw new KeywardError('sealed', 'no key');
    };
    const { secrets } = start([vaultThat(down), envWith('weaker')], { production: false, connect });
    await expect(chain.settle(secrets.get(name))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that cannot be kept are said once, and no read fails of it', async () => {
    const connect = async () => {
      throw new KeywardError('sealed', 'no key');
    };
    const { secrets, copies } = start([vaultThat(value)], { connect });
    for (let round = 0; round < 3; round += 1) {
      await chain.settle(secrets.get(name));
      await chain.clock.advance(hour);
    }
    await copies.settled();
    expect(findings).toHaveLength(1);
  });

  test('of two processes that keep at once, one is on record', async () => {
    const starts = Array.from({ length: 8 }, () => start([vaultThat(value)]));
    await Promise.all(starts.map(({ secrets }) => chain.settle(secrets.get(name))));
    await Promise.all(starts.map(({ copies }) => copies.settled()));
    expect(findings).toEqual([]);
    expect(await onRecord()).toHaveLength(1);
    expect(await read(vaultThat(down))).toMatchObject({ text: 'last-good' });
  });
});

function envWith(text: string): ScriptedProvider {
  const env = chain.store({ name: 'env', traits: { layout: 'single', managed: false } });
  env.says(name, { value: text });
  return env;
}

describe("last good values in Keyward's own store", () => {
  test('are sealed at rest, and there for the next process', async () => {
    const folder = temporaryFolder();
    const home = folder.path('');
    const locations = storeLocations({ env: {}, home });
    await initStore({ locations, slot: 'keyfile' });
    const open = () => openWorkspace({ cwd: home, env: {}, home, role: 'library', onFinding: () => undefined });
    const first = await open();
    const kept = start([vaultThat(value)], { connect: async () => (await first.store()).client.records });
    await kept.secrets.get(name);
    await kept.copies.settled();
    await first.close();
    for (const file of readdirSync(locations.folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const text of ['last-good', 'jwt_secret', 'https://vault']) expect(bytes.includes(text)).toBe(false);
    }
    const next = await open();
    const vault = vaultThat({ error: 'timeout' });
    const { secrets } = start([vault], { connect: async () => (await next.store()).client.records });
    expect((await secrets.get(name)).expose()).toBe('last-good');
    await next.close();
    folder.remove();
  });
});

describe('the identity of a configuration', () => {
  test('is another one whenever any part differs, wherever the parts are cut', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('a', 'a/b', 'a-b', '/b', '', '","', '["'));
    const parts = fc.record({
      project: fc.option(part, { nil: undefined }),
      environment: part,
      provider: part,
      kind: part,
      origin: part,
    });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = Object.entries(one).every(([key, text]) =>
          Object.entries(other).some(([k, t]) => k === key && t === text),
        );
        expect(identityText(one) === identityText(other)).toBe(isSame);
      }),
    );
  });
});
