import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { providerFaultContract } from '../../src/core/provider-faults.contract.js';
import { rejected } from '../../src/core/provider-read.contract.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { issueCertificate, OpenBao } from './openbao.js';
import { seedBelow, vaultProvider } from './vault-fixture.js';

const runner = { describe, test, skip: test.skip };

let server: OpenBao;
let count = 0;

beforeAll(async () => {
  server = await OpenBao.start();
});
afterAll(() => server?.remove());

providerFaultContract(runner, 'vault over OpenBao', async () => {
  count += 1;
  const prefix = `case-${count}`;
  const proxy = await FaultProxy.start(server);
  const other = await FaultProxy.start();
  const { rootToken } = server;
  const provider = vaultProvider(server, { prefix }, { VAULT_ADDR: proxy.address, VAULT_TOKEN: rootToken });
  return {
    subject: {
      provider,
      seed: seedBelow(server, prefix),
      spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
      heal: () => proxy.heal(),
      arrival: () => proxy.arrival(),
      elsewhere: { address: other.address, requests: () => other.requests.length },
      credentials: [rootToken],
    },
    dispose: async () => {
      await provider.close();
      await proxy.stop();
      await other.stop();
    },
  };
});

describe('a server with a certificate of its own authority', () => {
  let secured: OpenBao;
  const path = parsePath('app/token');
  const file = () => `${secured.folder}/ca.pem`;
  const env = (more: Readonly<Record<string, string>>) => ({
    VAULT_ADDR: secured.address,
    VAULT_TOKEN: secured.rootToken,
    ...more,
  });

  beforeAll(async () => {
    secured = await OpenBao.start({ tls: issueCertificate(server) });
    secured.run('kv', 'put', '-mount=secret', path, 'value=x');
  });
  afterAll(() => secured?.remove());

  const reads = async (more: Readonly<Record<string, string>>, ca?: string) =>
    (await vaultProvider(secured, { ca }, env(more)).read({ path }))?.payload;

  test('is trusted by each way of naming the authority', async () => {
    expect(await reads({ VAULT_CACERT: file() })).toEqual(textPayload('x'));
    expect(await reads({ VAULT_CAPATH: secured.folder })).toEqual(textPayload('x'));
    expect(await reads({ VAULT_CACERT_BYTES: secured.authority })).toEqual(textPayload('x'));
    expect(await reads({}, 'ca.pem')).toEqual(textPayload('x'));
    expect(await reads({ BAO_CACERT: file(), VAULT_CACERT: '/nowhere' })).toEqual(textPayload('x'));
  });

  test('is refused as integrity when the authority is not known, and gets no token', async () => {
    const proven = await rejected(reads({}), 'integrity');
    expect(proven.advice).toContain('VAULT_CACERT');
  });

  test('is refused under a name that its certificate does not have', async () => {
    await rejected(reads({ VAULT_CACERT: file(), VAULT_TLS_SERVER_NAME: 'vault.example.com' }), 'integrity');
    expect(await reads({ VAULT_CACERT: file(), VAULT_TLS_SERVER_NAME: 'localhost' })).toEqual(textPayload('x'));
  });

  test('cannot be read with the verification switched off', async () => {
    for (const value of ['1', 'true', 'yes']) await rejected(reads({ VAULT_SKIP_VERIFY: value }), 'config');
    expect(await reads({ VAULT_SKIP_VERIFY: 'false', VAULT_CACERT: file() })).toEqual(textPayload('x'));
  });

  test('is refused as integrity when what answers speaks no TLS', async () => {
    const plain = await FaultProxy.start(secured);
    const address = plain.address.replace('http:', 'https:');
    await rejected(reads({ VAULT_ADDR: address, VAULT_CACERT: file() }), 'integrity');
    expect(plain.requests).toEqual([]);
    await plain.stop();
  });
});
