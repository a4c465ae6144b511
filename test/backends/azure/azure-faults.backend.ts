import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { providerFaultContract } from '../../../src/core/provider-faults.contract.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { azureProvider, seedInto } from './azure-fixture.js';
import { AzureStandIn } from './azure-stand-in.js';

const runner = { describe, test, skip: test.skip };

let server: AzureStandIn;

beforeAll(async () => {
  server = await AzureStandIn.start();
  server.scheme = 'http';
  Object.assign(process.env, server.tokens.env);
});
afterAll(() => server?.remove());

const overwritten = {
  test: 'writes once when the answer to a write is lost',
  reason: 'a write looks at the tags that it keeps first, and that question is lost too; the write alone is below',
};

providerFaultContract(
  runner,
  'azure over the stand-in',
  async () => {
    server.clear();
    const proxy = await FaultProxy.start({ address: server.address, ca: server.ca, keepsHost: true });
    const other = await FaultProxy.start();
    const provider = azureProvider(server, { vault: proxy.address });
    return {
      subject: {
        provider,
        seed: seedInto(server),
        spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
        heal: () => proxy.heal(),
        arrival: () => proxy.arrival(),
        elsewhere: { address: other.address, requests: () => other.requests.length },
        credentials: server.tokens.tokens,
      },
      dispose: async () => {
        await provider.close();
        await proxy.stop();
        await other.stop();
      },
    };
  },
  [overwritten],
);

describe('over a proxy', () => {
  const path = parsePath('app/token');
  let proxy: FaultProxy;
  let provider: Provider;

  beforeEach(async () => {
    server.clear();
    server.resource = 'https://127.0.0.1';
    server.tokens.asked = [];
    proxy = await FaultProxy.start({ address: server.address, ca: server.ca, keepsHost: true });
    provider = azureProvider(server, { vault: proxy.address });
    await seedInto(server)(path, textPayload('x'));
  });
  afterEach(async () => {
    await provider.close();
    await proxy.stop();
  });

  const json = { 'content-type': 'application/json' };
  const challenge = (header: string) =>
    ({
      kind: 'answer',
      status: 401,
      headers: { ...json, 'www-authenticate': header },
      body: '{"error":{"code":"Unauthorized","message":"AKV10000"}}',
    }) as const;
  const asAuthorized = 'authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000"';
  const sentTokens = () => proxy.requests.filter(({ headers }) => headers.authorization !== undefined).length;

  test('a write whose answer is lost was written once', async () => {
    await provider.read({ path });
    await proxy.script(({ method }) => (method === 'PUT' ? { kind: 'reset', afterAsking: true } : undefined));
    await rejected(provider.write(path, { payload: textPayload('written') }), 'unavailable');
    await proxy.heal();
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('written'));
    expect((await provider.describe(path))?.versions).toHaveLength(2);
  });

  test('the first question of all, also a write, is sent without a token', async () => {
    await provider.write(path, { payload: textPayload('first') });
    expect(proxy.requests[0]?.headers.authorization).toBeUndefined();
    expect(sentTokens()).toBe(proxy.requests.length - 1);
  });

  test.each([
    ['of another resource', `Bearer ${asAuthorized}, resource="https://management.azure.com"`],
    ['of the real service', `Bearer ${asAuthorized}, resource="https://vault.azure.net"`],
    ['without TLS', `Bearer ${asAuthorized}, resource="http://127.0.0.1"`],
    ['by a scope', `Bearer ${asAuthorized}, scope="https://graph.microsoft.com/.default"`],
  ])('a challenge %s gets no token', async (_, header) => {
    await proxy.spoil(challenge(header));
    await rejected(provider.read({ path }), 'integrity');
    await proxy.heal();
    await provider.read({ path });
    await proxy.spoil(challenge(header));
    await rejected(provider.read({ path }), 'integrity');
    expect(server.tokens.asked.filter((resource) => resource !== 'https://127.0.0.1')).toEqual([]);
  });

  test.each([
    'Basic realm="x"',
    'Bearer',
    `Bearer ${asAuthorized}, resource="https://127.0.0.1", resource="https://vault.azure.net"`,
    `Bearer ${asAuthorized}, resource="https://127.0.0.1" x, Bearer resource="https://vault.azure.net"`,
    `Bearer ${asAuthorized}, resource=https://vault.azure.net`,
  ])('a challenge in another form is no challenge: %s', async (header) => {
    await proxy.spoil(challenge(header));
    await rejected(provider.read({ path }), 'invalid');
    expect(server.tokens.asked).toEqual([]);
  });

  test('a token that is taken no more is unauthenticated, and another one is asked for once', async () => {
    await provider.read({ path });
    await proxy.spoil(challenge(`Bearer ${asAuthorized}, resource="https://127.0.0.1"`));
    const error = await rejected(provider.read({ path }), 'unauthenticated');
    expect(error.advice).toContain('az login');
    expect(proxy.requests).toHaveLength(2);
  });

  test('claims that the service wants are asked for once', async () => {
    await provider.read({ path });
    const claims = Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString('base64');
    await proxy.spoil(challenge(`Bearer ${asAuthorized}, error="insufficient_claims", claims="${claims}"`), {
      count: 1,
    });
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
  });

  test.each([
    'https://vault.example.com:443/secrets?api-version=7.4&$skiptoken=x',
    'http://127.0.0.1:1/secrets?api-version=7.4',
  ])('a link to another server is not followed: %s', async (nextLink) => {
    await provider.read({ path });
    const body = JSON.stringify({ value: [], nextLink });
    await proxy.spoil({ kind: 'answer', status: 200, headers: json, body }, { at: '/secrets?' });
    await rejected(listed(provider, ''), 'integrity');
  });

  test('a list whose links lead in a circle ends with the patience of the caller', async () => {
    await provider.read({ path });
    const body = JSON.stringify({ value: [], nextLink: `${proxy.address}/secrets?api-version=7.4` });
    await proxy.spoil({ kind: 'answer', status: 200, headers: json, body }, { at: '/secrets?' });
    const controller = new AbortController();
    const asked = rejected(listed(provider, '', { signal: controller.signal }), 'timeout');
    await proxy.arrival();
    controller.abort();
    await asked;
  });

  test('what is no tag, time or name does no harm', async () => {
    await provider.read({ path });
    const item = (more: string) =>
      `{"id":"https://h/secrets/app--token/${'0'.repeat(32)}","attributes":{"created":1}${more}}`;
    for (const more of [
      ',"tags":{"a":1}',
      ',"tags":{"a":{}}',
      ',"attributes":{"created":"x"}',
      ',"attributes":{"created":1,"exp":"x"}',
    ]) {
      await proxy.spoil({
        kind: 'answer',
        status: 200,
        headers: json,
        body: `{"value":[${item(more)}],"nextLink":null}`,
      });
      await rejected(provider.describe(path), 'invalid');
    }
    for (const more of ['{"keyward-path":1}', 'null', '{"__proto__":"x","keyward-path":"../x"}']) {
      const body = `{"value":[${item(`,"tags":${more}`)}],"nextLink":null}`;
      await proxy.spoil({ kind: 'answer', status: 200, headers: json, body });
      expect(await listed(provider, '')).toEqual(['app/token']);
    }
    for (const id of ['x', 'https://h', 'https://h/keys/a', 'https://h/secrets/a/b/c', 'https://h/secrets/']) {
      const body = `{"value":[{"id":"${id}","attributes":{}}],"nextLink":null}`;
      await proxy.spoil({ kind: 'answer', status: 200, headers: json, body });
      await listed(provider, '').then(
        (paths) => expect(paths).not.toContain('app/token'),
        async (error: unknown) => {
          await rejected(Promise.reject(error), 'invalid');
        },
      );
    }
  });

  test('the answer for another secret, or another version, is no answer', async () => {
    await seedInto(server)(parsePath('app/other'), textPayload('other'));
    await provider.read({ path });
    const id = server.state.newest('app--other')?.id;
    const bundle = (name: string, version: string | undefined) =>
      JSON.stringify({ value: 'other', id: `https://h/secrets/${name}/${version}`, attributes: { created: 1 } });
    await proxy.spoil({ kind: 'answer', status: 200, headers: json, body: bundle('app--other', id) });
    await rejected(provider.read({ path }), 'invalid');
    await proxy.spoil({ kind: 'answer', status: 200, headers: json, body: bundle('app--token', 'f'.repeat(32)) });
    await rejected(provider.read(parseRef(`app/token@${'0'.repeat(32)}`)), 'invalid');
  });
});

describe('a vault with a certificate', () => {
  const path = parsePath('app/token');

  beforeEach(async () => {
    server.clear();
    server.tokens.asked = [];
    await seedInto(server)(path, textPayload('x'));
  });

  test('of an authority that is not trusted is refused, and gets no token', async () => {
    const error = await rejected(azureProvider(server, { ca: undefined }).read({ path }), 'integrity');
    expect(error.advice).toContain('ca: in keyward.yaml');
    expect(server.tokens.asked).toEqual([]);
  });

  test('for another name is refused', async () => {
    const { port } = new URL(server.address);
    await rejected(azureProvider(server, { vault: `https://localhost:${port}` }).read({ path }), 'integrity');
  });

  test('cannot be read with the verification switched off', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await rejected(azureProvider(server).read({ path }), 'config');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});
