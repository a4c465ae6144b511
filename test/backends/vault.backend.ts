import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runContract } from '../../src/core/contract.js';
import { parsePath } from '../../src/core/path.js';
import { documentPayload, fieldsOf, payloadText, textPayload } from '../../src/core/payload.js';
import { providerContract } from '../../src/core/provider.contract.js';
import { listed, providerReadCases, rejected } from '../../src/core/provider-read.contract.js';
import { parseRef } from '../../src/core/ref.js';
import { OpenBao } from './openbao.js';
import { putSecret, seedBelow, vaultProvider } from './vault-fixture.js';

const runner = { describe, test, skip: test.skip };
const reordered = 'the server keeps the members of a document sorted, and numbers as floating point';
const binary = { test: 'gives binary back exactly', reason: 'the server holds texts; a binary value is refused' };
const documents = [
  { test: 'gives a JSON document back as it was written', reason: reordered },
  { test: 'gives a field that is no text as its verbatim JSON', reason: reordered },
];

let server: OpenBao;
let count = 0;

beforeAll(async () => {
  server = await OpenBao.start();
});
afterAll(() => server?.remove());

providerContract(
  runner,
  'vault over OpenBao, second engine',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const provider = vaultProvider(server, { prefix });
    return { subject: { provider, seed: seedBelow(server, prefix) }, dispose: () => provider.close() };
  },
  [
    binary,
    ...documents,
    {
      test: 'makes one version of a write that is repeated with its token',
      reason: 'the server knows no such token; a write with one is refused before anything is sent',
    },
  ],
);

runContract(
  runner,
  'provider: vault over OpenBao, first engine, which is only read',
  providerReadCases,
  async () => {
    count += 1;
    const mount = `old/case-${count}`;
    server.run('secrets', 'enable', `-path=${mount}`, '-version=1', 'kv');
    const provider = vaultProvider(server, { mount });
    return {
      subject: { provider, seed: (path, payload) => putSecret(server, `${mount}/${path}`, payload) },
      dispose: () => provider.close(),
    };
  },
  [
    binary,
    ...documents,
    {
      test: 'describes a secret without its value, or declares that it cannot',
      reason: 'it is declared for the second engine; on the first it is refused after the engine is known',
    },
  ],
);

describe('an entry', () => {
  const provider = () => vaultProvider(server, {});
  const put = (path: string, data: string) => server.api('POST', `secret/data/${path}`, `{"data":${data}}`);

  test('is a document with all its fields, and a lone text called value a single secret', async () => {
    await put('doc', '{"b":"2","a":"1","n":{"x":[1,2]},"t":true}');
    const found = await provider().read(parseRef('doc'));
    expect(found && [...fieldsOf(found.payload)].map(([name, value]) => [name, payloadText(value)])).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['n', '{"x":[1,2]}'],
      ['t', 'true'],
    ]);
    await put('single', '{"value":"{\\"a\\":1}"}');
    expect((await provider().read(parseRef('single')))?.payload).toEqual(textPayload('{"a":1}'));
    const field = (await provider().read(parseRef('single#value')))?.payload;
    expect(field && fieldsOf(field).get('value')).toEqual(textPayload('{"a":1}'));
  });

  test('keeps numbers that the server keeps, and refuses those that it would change', async () => {
    const path = parsePath('numbers');
    const write = (text: string) => provider().write(path, { payload: textPayload(text) });
    await write('{"n":-12.5,"big":9007199254740991,"zero":0,"deep":[{"x":1e-7}]}');
    const text = payloadText((await provider().read({ path }))?.payload ?? textPayload(''));
    expect(text).toBe('{"big":9007199254740991,"deep":[{"x":1e-7}],"n":-12.5,"zero":0}');
    for (const number of ['1.50', '12345678901234567890', '1E3', '-0', '[1.0]', '{"x":[2.50]}']) {
      const error = await rejected(write(`{"n":${number}}`), 'unsupported');
      expect(error.message).not.toContain(number);
    }
    await write('{"n":"1.50 \\" 2.50"}');
    expect((await provider().read(parseRef('numbers@2')))?.version?.number).toBe(2);
  });

  test('tells a deleted version from a destroyed one and from one that never was', async () => {
    const path = parsePath('states');
    const vault = provider();
    for (const text of ['one', 'two', 'three']) await vault.write(path, { payload: textPayload(text) });
    server.run('kv', 'delete', '-versions=2', '-mount=secret', 'states');
    server.run('kv', 'destroy', '-versions=1', '-mount=secret', 'states');
    expect((await rejected(vault.read(parseRef('states@2')), 'deleted')).advice).toContain(
      'vault kv undelete -versions=2 secret/states',
    );
    await rejected(vault.read(parseRef('states@1')), 'deleted');
    expect(await vault.read(parseRef('states@4'))).toBeUndefined();
    await rejected(vault.read(parseRef('states@previous')), 'deleted');
    expect((await vault.describe(path))?.versions.map(({ number, state }) => [number, state])).toEqual([
      [3, 'live'],
      [2, 'deleted'],
      [1, 'destroyed'],
    ]);
  });

  test('shows what its owner noted, and replaces it as a whole', async () => {
    const path = parsePath('noted');
    await provider().write(path, { payload: textPayload('x'), metadata: { owner: 'trading', why: 'orders' } });
    expect(server.run('kv', 'metadata', 'get', '-mount=secret', 'noted')).toMatch(/owner:trading/);
    await provider().write(path, { metadata: { owner: 'risk' } });
    expect((await provider().describe(path))?.metadata).toEqual({ owner: 'risk' });
    await rejected(provider().write(parsePath('unknown'), { metadata: { a: 'b' } }), 'not_found');
    await rejected(provider().write(path, { metadata: { a: 'b' } }, { ifVersion: 7 }), 'conflict');
  });

  test('is listed whatever others keep beside it', async () => {
    await put('odd/in%20order', '{"value":"x"}');
    await put('odd/fine', '{"value":"x"}');
    expect(await listed(provider(), 'odd')).toEqual(['odd/fine']);
  });

  test('takes a change only onto a named version where the mount demands it', async () => {
    server.run('secrets', 'enable', '-path=strict', '-version=2', 'kv');
    server.run('write', 'strict/config', 'cas_required=true');
    const strict = vaultProvider(server, { mount: 'strict' });
    const path = parsePath('a');
    await rejected(strict.write(path, { payload: textPayload('x') }), 'conflict');
    await strict.write(path, { payload: textPayload('x') }, { ifVersion: 0 });
    expect((await strict.read({ path }))?.payload).toEqual(textPayload('x'));
  });
});

describe('a mount', () => {
  test('may lie deep, and in a namespace', async () => {
    server.run('namespace', 'create', 'team');
    server.run('secrets', 'enable', '-namespace=team', '-path=deep/kv', '-version=2', 'kv');
    const env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken, VAULT_NAMESPACE: 'team/' };
    const inTeam = vaultProvider(server, { mount: 'deep/kv' }, env);
    await inTeam.write(parsePath('a'), { payload: documentPayload([['x', '1']]) });
    expect(server.run('kv', 'get', '-namespace=team', '-mount=deep/kv', '-field=x', 'a').trim()).toBe('1');
    await rejected(vaultProvider(server, { mount: 'deep/kv' }).read(parseRef('a')), 'denied');
  });

  test('that does not exist, or holds no secrets, is no absence', async () => {
    await rejected(vaultProvider(server, { mount: 'nowhere' }).read(parseRef('a')), 'denied');
    await rejected(vaultProvider(server, { mount: 'sys' }).read(parseRef('a')), 'config');
    await rejected(vaultProvider(server, { mount: 'secret/below' }).read(parseRef('a')), 'config');
  });

  test('of the first engine refuses changes, and says how to get the second', async () => {
    server.run('secrets', 'enable', '-path=first', '-version=1', 'kv');
    const first = vaultProvider(server, { mount: 'first' });
    const error = await rejected(first.write(parsePath('a'), { payload: textPayload('x') }), 'unsupported');
    expect(error.advice).toContain('vault kv enable-versioning first');
    await rejected(first.describe(parsePath('a')), 'unsupported');
    await rejected(first.remove(parseRef('a'), { mode: 'purge' }), 'unsupported');
  });
});
