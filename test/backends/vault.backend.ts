import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldsOf, isDocument, type Payload, payloadText } from '../../src/core/payload.js';
import { providerContract } from '../../src/core/provider.contract.js';
import type { Provider } from '../../src/core/provider.js';
import { parseRef } from '../../src/core/ref.js';
import { vaultProviderKind } from '../../src/providers/vault/vault.js';
import { OpenBao } from './openbao.js';

const runner = { describe, test, skip: test.skip };

let server: OpenBao;
let count = 0;

beforeAll(async () => {
  server = await OpenBao.start();
});
afterAll(() => server.remove());

function providerOf(options: Parameters<typeof vaultProviderKind.create>[0], env = {}): Provider {
  return vaultProviderKind.create(options, {
    name: 'vault',
    inventory: new Map(),
    isProduction: true,
    environment: 'production',
    folder: server.folder,
    env: { HOME: server.folder, VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken, ...env },
    connectStore: () => Promise.reject(new Error('not needed')),
  });
}

/** As `bao kv put` would write it. */
async function put(path: string, payload: Payload): Promise<void> {
  const text = payloadText(payload);
  const data = isDocument(payload) ? text : JSON.stringify({ value: text });
  await server.api('POST', `secret/data/${path.split('/').map(encodeURIComponent).join('/')}`, `{"data":${data}}`);
}

const reordered = 'the server keeps the members of a document sorted, and numbers as floating point';

providerContract(
  runner,
  'vault over OpenBao, second engine',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const provider = providerOf({ prefix });
    return {
      subject: { provider, seed: (path, payload) => put(`${prefix}/${path}`, payload) },
      dispose: () => provider.close(),
    };
  },
  [
    { test: 'gives binary back exactly', reason: 'the server holds texts; a binary value is refused' },
    { test: 'gives a JSON document back as it was written', reason: reordered },
    { test: 'gives a field that is no text as its verbatim JSON', reason: reordered },
    {
      test: 'makes one version of a write that is repeated with its token',
      reason: 'the server knows no such token; it is refused',
    },
  ],
);

describe('a document', () => {
  test('keeps every field', async () => {
    await server.api('POST', 'secret/data/doc', '{"data":{"b":"2","a":"1","n":{"x":[1,2]}}}');
    const found = await providerOf({}).read(parseRef('doc'));
    expect(found && [...fieldsOf(found.payload)].map(([name, value]) => [name, payloadText(value)])).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['n', '{"x":[1,2]}'],
    ]);
  });
});
