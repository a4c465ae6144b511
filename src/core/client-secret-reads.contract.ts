import assert from 'node:assert/strict';
import type { Client } from './client.js';
import type { ContractCases } from './contract.js';
import { isKeywardError } from './errors.js';
import { type Directory, type Path, parseDirectory, parsePath } from './path.js';
import { binaryPayload, maxPayloadBytes, type Payload, payloadText, textPayload } from './payload.js';
import { rejected } from './provider-read.contract.js';
import { parseRef } from './ref.js';

export const path = parsePath('exchange/binance');
export const other = parsePath('exchange/kraken');

export const write = (client: Client, at: Path, text: string) =>
  client.secrets.write(at, { payload: textPayload(text) });

/** The text that the ref reads as; `undefined` when there is none. */
export async function readText(client: Client, ref: string): Promise<string | undefined> {
  const found = await client.secrets.read(parseRef(ref));
  return found && payloadText(found.payload);
}

async function comesBack(client: Client, payload: Payload): Promise<void> {
  await client.secrets.write(path, { payload });
  const found = await client.secrets.read({ path });
  assert.equal(found?.payload.kind, payload.kind);
  assert.deepEqual(Buffer.from(found.payload.bytes), Buffer.from(payload.bytes));
}

async function namesIn(client: Client, directory: Directory): Promise<readonly string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.secrets.list(directory, { cursor, limit: 2 });
    assert.ok(page.entries.length <= 2);
    names.push(...page.entries.map((entry) => entry.name));
    cursor = page.next;
    if (cursor === undefined) return names.sort();
  }
}

export const clientSecretReadCases: ContractCases<Client> = {
  'a text comes back byte for byte': (client) => comesBack(client, textPayload('\ufeffpass wörd\n\u0000')),
  'bytes come back as they are, and stay binary': (client) =>
    comesBack(client, binaryPayload(Uint8Array.from({ length: 256 }, (_, byte) => byte))),
  'an empty value comes back': (client) => comesBack(client, textPayload('')),
  'the largest value comes back': (client) => comesBack(client, binaryPayload(new Uint8Array(maxPayloadBytes).fill(7))),

  'what does not exist reads as absent': async (client) => {
    assert.equal(await client.secrets.read({ path }), undefined);
    await write(client, path, 'one');
    assert.equal(await client.secrets.read(parseRef(`${path}@7`)), undefined);
    assert.equal(await client.secrets.read(parseRef(`${path}@previous`)), undefined);
    assert.equal(await client.secrets.read(parseRef(`${path}@${'a'.repeat(32)}`)), undefined);
    assert.equal(await client.secrets.read({ path: parsePath('exchange') }), undefined);
    assert.equal(await client.secrets.describe(other), undefined);
  },

  'a version is read by its number, id and stage': async (client) => {
    const first = await write(client, path, 'one');
    const second = await write(client, path, 'two');
    assert.deepEqual([first.number, second.number], [1, 2]);
    assert.match(second.id, /^[0-9a-f]{32}$/);
    assert.equal(await readText(client, path), 'two');
    assert.equal(await readText(client, `${path}@1`), 'one');
    assert.equal(await readText(client, `${path}@${first.id}`), 'one');
    assert.equal(await readText(client, `${path}@previous`), 'one');
    const found = await client.secrets.read({ path });
    assert.equal(found?.version?.id, second.id);
    assert.ok(found.version.stages.includes('current'));
    assert.ok(found.version.createdAt instanceof Date);
    assert.equal(found.version.size, 3);
  },

  'a field is read alone, verbatim': async (client) => {
    await write(client, path, '{"key":"k","port":1.50}');
    assert.equal(await readText(client, `${path}#key`), '{"key":"k"}');
    assert.equal(await readText(client, `${path}#port`), '{"port":1.50}');
    assert.equal(await readText(client, `${path}#missing`), undefined);
    await write(client, other, 'plain');
    assert.equal(await readText(client, `${other}#value`), 'plain');
  },

  'many reads answer in order, each with its own error': async (client) => {
    await write(client, path, 'one');
    await write(client, other, 'two');
    await client.secrets.delete(other);
    const answers = await client.secrets.readMany([parseRef(path), parseRef('not/there'), parseRef(other)]);
    assert.equal(answers.length, 3);
    const [found, absent, deleted] = answers;
    assert.ok(found !== undefined && !isKeywardError(found));
    assert.equal(payloadText(found.payload), 'one');
    assert.equal(absent, undefined);
    assert.ok(isKeywardError(deleted, 'deleted'));
    assert.deepEqual(await client.secrets.readMany([]), []);
  },

  'a description has every version, newest first, and no value': async (client) => {
    await client.secrets.write(path, { payload: textPayload('CANARY-one'), metadata: { owner: 'trading' } });
    await write(client, path, 'CANARY-two');
    const description = await client.secrets.describe(path);
    assert.deepEqual(
      description?.versions.map((version) => version.number),
      [2, 1],
    );
    assert.equal(description.current, 2);
    assert.deepEqual(description.metadata, { owner: 'trading' });
    assert.ok(description.createdAt instanceof Date && description.updatedAt instanceof Date);
    assert.ok(!JSON.stringify(description).includes('CANARY'));
  },

  'a list has the names directly in a directory, in pages': async (client) => {
    for (const name of ['a', 'a/x', 'b/y/z', 'c', 'd', 'e']) await write(client, parsePath(name), 'v');
    assert.deepEqual(await namesIn(client, ''), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(await namesIn(client, parseDirectory('b')), ['y']);
    assert.deepEqual(await namesIn(client, parseDirectory('nowhere')), []);
    const { entries } = await client.secrets.list('');
    const kinds = new Map(entries.map((entry) => [entry.name, [entry.isSecret, entry.hasChildren]]));
    assert.deepEqual(kinds.get('a'), [true, true]);
    assert.deepEqual(kinds.get('b'), [false, true]);
    assert.deepEqual(kinds.get('c'), [true, false]);
  },

  'a page of a wrong size, or with a cursor of elsewhere, is refused': async (client) => {
    for (const limit of [0, 1001, 1.5]) await rejected(client.secrets.list('', { limit }), 'invalid');
    await rejected(client.secrets.list('', { cursor: 'nonsense' }), 'invalid');
  },
};
