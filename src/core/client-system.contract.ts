import assert from 'node:assert/strict';
import type { AccessEntry } from './access-entry.js';
import type { Client } from './client.js';
import { path, write } from './client-secret-reads.contract.js';
import type { ContractCases } from './contract.js';
import { textPayload } from './payload.js';
import { canary, rejected } from './provider-read.contract.js';

const about = {
  time: '2030-01-01T00:00:00.000Z',
  level: 'info',
  principal: 'trading-bot',
  process: 7,
  environment: 'production',
} as const;
const access: AccessEntry = {
  event: 'access',
  ...about,
  path,
  provider: 'vault',
  outcome: 'denied',
  cached: false,
  degraded: false,
  durationMs: 1.5,
  count: 1,
};
const keyUse: AccessEntry = { event: 'key_use', ...about, path, version: 3, answer: 'accepted', count: 12 };

const bytes = new TextEncoder().encode(canary);

export const clientSystemCases: ContractCases<Client> = {
  'a record changes only under its revision': async (client) => {
    const { records } = client;
    assert.equal(await records.get('rotation/a'), undefined);
    await rejected(records.put('rotation/a', bytes, { ifRevision: 3 }), 'conflict');
    const first = await records.put('rotation/a', bytes, { ifRevision: 0 });
    await rejected(records.put('rotation/a', bytes, { ifRevision: 0 }), 'conflict');
    const second = await records.put('rotation/a', Uint8Array.of(1), { ifRevision: first });
    assert.notEqual(second, first);
    const found = await records.get('rotation/a');
    assert.deepEqual(found && [Buffer.from(found.bytes), found.revision], [Buffer.of(1), second]);
    await rejected(records.remove('rotation/a', { ifRevision: first }), 'conflict');
    await records.remove('rotation/a', { ifRevision: second });
    assert.equal(await records.get('rotation/a'), undefined);
  },

  'records are listed by prefix, sorted': async (client) => {
    for (const name of ['b', 'a/2', 'a/1', 'ab']) await client.records.put(name, bytes, { ifRevision: 0 });
    assert.deepEqual(await client.records.list('a/'), ['a/1', 'a/2']);
    assert.deepEqual(await client.records.list(''), ['a/1', 'a/2', 'ab', 'b']);
    assert.deepEqual(await client.records.list('z'), []);
  },

  'a record that cannot be is refused': async (client) => {
    for (const name of ['', 'a b', 'ä', 'x'.repeat(257)]) {
      await rejected(client.records.put(name, bytes, { ifRevision: 0 }), 'invalid');
    }
    const large = new Uint8Array(64 * 1024 + 1);
    await rejected(client.records.put('large', large, { ifRevision: 0 }), 'too_large');
    await rejected(client.records.put('a', bytes, { ifRevision: -1 }), 'invalid');
  },

  'every access and change is in the audit log, without any value': async (client) => {
    await client.secrets.write(path, { payload: textPayload(canary) });
    await client.secrets.read({ path });
    await client.secrets.readMany([{ path }]);
    await client.records.put('a', bytes, { ifRevision: 0 });
    const records = await client.audit.show();
    const seen = records.map((record) => `${record.kind} ${record.operation} ${record.outcome ?? ''}`);
    for (const expected of [
      'intent secrets.write ',
      'outcome secrets.write committed',
      'access secrets.read ok',
      'outcome records.put committed',
    ]) {
      assert.ok(seen.includes(expected), `${expected} is missing in ${seen.join(', ')}`);
    }
    assert.equal(seen.filter((line) => line === 'access secrets.read ok').length, 2);
    assert.ok(!JSON.stringify(records).includes(canary));
    assert.ok(records.every((record) => record.time instanceof Date));
  },

  'what happened outside of the store is recorded, and found by its path': async (client) => {
    await client.audit.record(access);
    await client.audit.record({ event: 'api_call', ...about, service: 'binance', endpoint: '/x', success: true });
    await client.audit.record({ event: 'lost', ...about, count: 2 });
    const [record] = await client.audit.show({ path });
    await client.audit.record(keyUse);
    const { path: _, ...details } = access;
    assert.deepEqual([record?.operation, record?.details], ['audit.record', details]);
    const events = (await client.audit.show()).map(({ details: { event } }) => event).filter(Boolean);
    assert.deepEqual(events, ['access', 'api_call', 'lost', 'key_use']);
  },

  'an entry that has not the form of one is refused': async (client) => {
    const bad: readonly AccessEntry[] = [
      { ...access, provider: 'a\nb' },
      { ...access, durationMs: Number.NaN },
      { ...access, principal: canary.repeat(1025) },
      { event: 'api_call', ...about, service: 'bin ance', endpoint: '/x', success: true },
      { event: 'lost', ...about, count: -1 },
      { ...keyUse, version: 'a\nb' },
      { ...keyUse, count: Number.NaN },
    ];
    for (const entry of bad) await rejected(client.audit.record(entry), 'invalid');
  },

  'the audit log is shown by path and newest last': async (client) => {
    await write(client, path, 'v');
    for (let round = 0; round < 3; round += 1) await client.secrets.read({ path });
    const records = await client.audit.show({ path, limit: 2 });
    assert.deepEqual(
      records.map((record) => [record.operation, record.path]),
      [
        ['secrets.read', path],
        ['secrets.read', path],
      ],
    );
    assert.ok((records[0]?.sequence ?? 0) < (records[1]?.sequence ?? 0));
    for (const limit of [0, 10_001, 0.5]) await rejected(client.audit.show({ limit }), 'invalid');
  },

  'the audit log verifies, also against a checkpoint that was kept': async (client) => {
    await write(client, path, 'v');
    const anchor = await client.audit.checkpoint();
    await client.secrets.read({ path });
    const verification = await client.audit.verify({ anchor });
    assert.notEqual(verification.status, 'broken');
    assert.equal(verification.checkpoints, 1);
    const [publicKey] = verification.keys;
    assert.notEqual((await client.audit.verify({ publicKey })).status, 'broken');
    assert.equal((await client.audit.verify({ publicKey: '0'.repeat(64) })).status, 'broken');
    assert.equal((await client.audit.verify({ anchor: Uint8Array.of(1) })).status, 'broken');
    await rejected(client.audit.verify({ publicKey: 'nonsense' }), 'invalid');
  },

  'the store says how it is, and is what was written': async (client) => {
    const status = await client.seal.status();
    assert.equal(status.sealed, false);
    assert.notEqual(status.storeId, '');
    await write(client, path, 'v');
    assert.ok((await client.seal.verifyStore()).rows > 0);
  },
};
