import assert from 'node:assert/strict';
import type { Client } from './client.js';
import { other, path, readText, write } from './client-secret-reads.contract.js';
import type { ContractCases } from './contract.js';
import { maxPayloadBytes, textPayload } from './payload.js';
import { canary, rejected } from './provider-read.contract.js';

const token = 't'.repeat(40);

const stagesOf = async (client: Client) => {
  const versions = (await client.secrets.describe(path))?.versions ?? [];
  return Object.fromEntries(versions.flatMap((version) => version.stages.map((stage) => [stage, version.number])));
};

export const clientSecretChangeCases: ContractCases<Client> = {
  'a write under a condition happens only when it holds': async (client) => {
    const payload = textPayload(canary);
    await rejected(client.secrets.write(path, { payload }, { ifVersion: 1 }), 'conflict');
    assert.equal((await client.secrets.write(path, { payload }, { ifVersion: 0 })).number, 1);
    await rejected(client.secrets.write(path, { payload }, { ifVersion: 0 }), 'conflict');
    assert.equal((await client.secrets.write(path, { payload }, { ifVersion: 1 })).number, 2);
    await rejected(client.secrets.write(path, { payload }, { ifVersion: 1 }), 'conflict');
    assert.equal((await client.secrets.describe(path))?.versions.length, 2);
  },

  'of writes at the same time that expect absence, one wins': async (client) => {
    const payload = textPayload('v');
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => client.secrets.write(path, { payload }, { ifVersion: 0 })),
    );
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  },

  'unconditional writes at the same time all succeed, each with its own number': async (client) => {
    const written = await Promise.all(Array.from({ length: 8 }, (_, index) => write(client, path, `v${index}`)));
    assert.deepEqual(written.map((version) => version.number).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
  },

  'a token makes a write happen once': async (client) => {
    const payload = textPayload(canary);
    const first = await client.secrets.write(path, { payload }, { token });
    const again = await client.secrets.write(path, { payload }, { token });
    assert.equal(again.id, first.id);
    assert.equal((await client.secrets.describe(path))?.versions.length, 1);
    await rejected(client.secrets.write(path, { payload: textPayload('another') }, { token }), 'conflict');
  },

  'metadata is replaced only while it is what was expected': async (client) => {
    await client.secrets.write(path, { payload: textPayload('x'), metadata: { owner: 'a' }, ifMetadata: {} });
    await rejected(client.secrets.write(path, { metadata: { owner: 'b' }, ifMetadata: {} }), 'conflict');
    await rejected(
      client.secrets.write(path, { payload: textPayload('y'), metadata: {}, ifMetadata: { owner: 'b' } }),
      'conflict',
    );
    await client.secrets.write(path, { metadata: { owner: 'b' }, ifMetadata: { owner: 'a' } });
    assert.deepEqual((await client.secrets.describe(path))?.metadata, { owner: 'b' });
  },

  'metadata alone makes no version': async (client) => {
    await write(client, path, 'one');
    await client.secrets.write(path, { metadata: { owner: 'trading' } });
    await write(client, path, 'two');
    const found = await client.secrets.read({ path });
    assert.equal(found?.version?.number, 2);
    assert.deepEqual(found.metadata, { owner: 'trading' });
    await client.secrets.write(path, { metadata: {} });
    assert.deepEqual((await client.secrets.describe(path))?.metadata, {});
    await rejected(client.secrets.write(other, { metadata: {} }), 'not_found');
  },

  'what cannot be written is refused and changes nothing': async (client) => {
    const large = new Uint8Array(maxPayloadBytes + 1);
    await rejected(client.secrets.write(path, { payload: { kind: 'binary', bytes: large } }), 'too_large');
    const notText = Uint8Array.of(0xff);
    await rejected(client.secrets.write(path, { payload: { kind: 'text', bytes: notText } }), 'invalid');
    await rejected(client.secrets.write(path, {}), 'invalid');
    await rejected(client.secrets.write(path, { payload: textPayload('v') }, { token: 'short' }), 'invalid');
    await rejected(client.secrets.write(path, { payload: textPayload('v') }, { ifVersion: -1 }), 'invalid');
    assert.equal(await client.secrets.describe(path), undefined);
  },

  'a patch sets and removes fields and keeps the others verbatim': async (client) => {
    await client.secrets.patch(path, { set: { key: 'k', secret: 's' } });
    assert.equal(await readText(client, path), '{"key":"k","secret":"s"}');
    await write(client, path, '{"port":1.50,"key":"k","old":"o"}');
    await client.secrets.patch(path, { set: { key: 'new' }, remove: ['old'] }, { ifVersion: 2 });
    assert.equal(await readText(client, path), '{"port":1.50,"key":"new"}');
    await rejected(client.secrets.patch(path, { set: { key: canary } }, { ifVersion: 2 }), 'conflict');
    await rejected(client.secrets.patch(path, {}), 'invalid');
    await rejected(client.secrets.patch(path, { set: { '': canary } }), 'invalid');
  },

  'a single value cannot be patched': async (client) => {
    await write(client, path, 'plain');
    await rejected(client.secrets.patch(path, { set: { key: canary } }), 'conflict');
    assert.equal(await readText(client, path), 'plain');
  },

  'a deleted version is said to be deleted until it is undeleted': async (client) => {
    await write(client, path, 'one');
    await write(client, path, 'two');
    await client.secrets.delete(path);
    await rejected(client.secrets.read({ path }), 'deleted');
    assert.equal(await readText(client, `${path}@1`), 'one');
    await client.secrets.undelete(path, { versions: [2] });
    assert.equal(await readText(client, path), 'two');
    await rejected(client.secrets.delete(other), 'not_found');
    await rejected(client.secrets.undelete(path, { versions: [] }), 'invalid');
  },

  'a destroyed version never comes back': async (client) => {
    await write(client, path, 'one');
    await write(client, path, 'two');
    await client.secrets.destroy(path, { versions: [1] });
    await client.secrets.undelete(path, { versions: [1] }).catch(() => {});
    await rejected(client.secrets.read({ path, version: { kind: 'number', number: 1 } }), 'deleted');
    assert.equal(await readText(client, path), 'two');
  },

  'a purged secret is absent with all its versions': async (client) => {
    await write(client, path, 'one');
    await client.secrets.purge(path);
    assert.equal(await client.secrets.read({ path }), undefined);
    assert.equal(await client.secrets.describe(path), undefined);
    assert.deepEqual((await client.secrets.list('')).entries, []);
    await rejected(client.secrets.purge(path), 'not_found');
  },

  'stages move, and a user can have stages of their own': async (client) => {
    await write(client, path, 'one');
    await write(client, path, 'two');
    await client.secrets.setStage(path, 'blessed', 1);
    assert.deepEqual(await stagesOf(client), { current: 2, previous: 1, blessed: 1 });
    await client.secrets.setStage(path, 'blessed', undefined);
    await client.secrets.setStage(path, 'current', 1, { ifVersion: 2 });
    assert.deepEqual(await stagesOf(client), { current: 1, previous: 2 });
    await rejected(client.secrets.setStage(path, 'current', 2, { ifVersion: 2 }), 'conflict');
    await rejected(client.secrets.setStage(path, '9nine', 2), 'invalid');
  },

  'a rollback makes an older version current without a new one': async (client) => {
    await write(client, path, 'one');
    await write(client, path, 'two');
    await write(client, path, 'three');
    assert.equal((await client.secrets.rollback(path)).number, 2);
    assert.equal((await client.secrets.rollback(path, { to: 1, ifVersion: 2 })).number, 1);
    assert.equal(await readText(client, path), 'one');
    assert.equal((await client.secrets.describe(path))?.versions.length, 3);
    assert.equal((await write(client, path, 'four')).number, 4);
  },

  'only so many versions are kept': async (client) => {
    await write(client, path, 'one');
    await client.secrets.setMaxVersions(path, 2);
    await write(client, path, 'two');
    await write(client, path, 'three');
    assert.equal((await client.secrets.describe(path))?.versions.length, 2);
    for (const count of [0, 51, 1.5]) await rejected(client.secrets.setMaxVersions(path, count), 'invalid');
  },

  'a call that was aborted before it began does nothing': async (client) => {
    const signal = AbortSignal.abort();
    await assert.rejects(client.secrets.write(path, { payload: textPayload('v') }, { signal }));
    await assert.rejects(client.secrets.patch(path, { set: { key: 'v' } }, { signal }));
    assert.equal(await client.secrets.describe(path), undefined);
  },
};
