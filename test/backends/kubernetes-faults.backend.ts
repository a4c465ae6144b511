import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { payloadText, textPayload } from '../../src/core/payload.js';
import { providerFaultContract } from '../../src/core/provider-faults.contract.js';
import { canary, rejected } from '../../src/core/provider-read.contract.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { Kubernetes } from './kubernetes.js';
import { kubernetesProvider, seedDocuments } from './kubernetes-fixture.js';

const runner = { describe, test, skip: test.skip };

let server: Kubernetes;
let count = 0;

beforeAll(async () => {
  server = await Kubernetes.start();
});
afterAll(() => server?.remove());

/** A provider whose server is a proxy with the certificate of the real one. */
async function proxied() {
  count += 1;
  const namespace = server.namespace(`fault-${count}`);
  const proxy = await FaultProxy.start(server, server.tls);
  const provider = kubernetesProvider(server, { namespace }, server.kubeconfig({ server: proxy.address }));
  return { namespace, proxy, provider, seed: seedDocuments(server, namespace) };
}

providerFaultContract(
  runner,
  'kubernetes',
  async () => {
    const { proxy, provider, seed } = await proxied();
    const other = await FaultProxy.start();
    return {
      subject: {
        provider,
        seed,
        spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
        heal: () => proxy.heal(),
        arrival: () => proxy.arrival(),
        elsewhere: { address: other.address, requests: () => other.requests.length },
        credentials: [server.adminToken],
      },
      dispose: async () => {
        await provider.close();
        await proxy.stop();
        await other.stop();
      },
    };
  },
  [
    {
      test: 'writes once when the answer to a write is lost',
      reason: 'a write looks first at what there is, and gives up when that is lost; the next test loses the write',
    },
  ],
);

describe('on a bad wire', () => {
  const path = parsePath('contract/alpha');

  test('a write whose answer is lost was made once, and is no success', async () => {
    const { proxy, provider, seed } = await proxied();
    await seed(path, textPayload(canary));
    await proxy.script(({ method }) => (method === 'PATCH' ? { kind: 'reset', afterAsking: true } : undefined));
    await rejected(provider.write(path, { payload: textPayload('written') }), 'unavailable');
    expect(proxy.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
    await proxy.heal();
    expect(payloadText((await provider.read({ path }))?.payload ?? textPayload(''))).toBe('written');
    await provider.close();
    await proxy.stop();
  });

  test('a 404 for another object is no absence, nor one that only looks like the answer of the server', async () => {
    const { proxy, provider, seed } = await proxied();
    await seed(path, textPayload(canary));
    const status = (more: object, code = 404) => ({
      kind: 'answer' as const,
      status: 404,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code, ...more }),
    });
    const secrets = { kind: 'secrets', name: 'another' };
    for (const fault of [status({}), status({ details: secrets }), status({ details: { kind: 'pods', name: 'x' } })]) {
      await proxy.spoil(fault);
      expect((await rejected(provider.read({ path }), 'not_found')).message).not.toContain(canary);
    }
    await proxy.spoil(status({ details: secrets }, 200));
    await rejected(provider.read({ path }), 'invalid');
    await provider.close();
    await proxy.stop();
  });

  test('a Secret of another name, and base64 that is not canonical, are not taken', async () => {
    const { proxy, provider } = await proxied();
    const secret = (name: string, value: string) => ({
      kind: 'answer' as const,
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
        data: { value },
      }),
    });
    for (const [name, value] of [
      ['kw-contract--beta', 'eA=='],
      ['kw-contract--alpha', 'eB=='],
      ['kw-contract--alpha', 'eA'],
      ['kw-contract--alpha', 'e A=='],
      ['kw-contract--alpha', '-_=='],
    ] as const) {
      await proxy.spoil(secret(name, value));
      await rejected(provider.read({ path }), 'invalid');
    }
    await proxy.spoil(secret('kw-contract--alpha', 'eA=='));
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
    await provider.close();
    await proxy.stop();
  });

  test('a listing begins anew when the server forgot where it was, and gives each name once', async () => {
    const { proxy, provider, seed, namespace } = await proxied();
    await Promise.all(Array.from({ length: 600 }, (_, i) => seed(parsePath(`many/p${i}`), textPayload('x'))));
    let left = 2;
    await proxy.script(({ path: asked }) => {
      if (!asked.includes('continue=') || left === 0) return undefined;
      left -= 1;
      const body = JSON.stringify({ kind: 'Status', reason: 'Expired', code: 410 });
      return { kind: 'answer', status: 410, headers: { 'content-type': 'application/json' }, body };
    });
    const found: string[] = [];
    for await (const listed of provider.list('')) found.push(listed);
    expect(new Set(found).size).toBe(600);
    expect(found).toHaveLength(600);
    expect(proxy.requests.every(({ headers }) => headers.accept?.includes('PartialObjectMetadataList'))).toBe(true);
    expect(proxy.requests.every(({ path: asked }) => asked.includes(namespace))).toBe(true);
    await provider.close();
    await proxy.stop();
  });

  test('a server that never says where its list ends is left', async () => {
    const { proxy, provider } = await proxied();
    const body = '{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"1","continue":"more"},"items":[]}';
    await proxy.spoil({ kind: 'answer', status: 200, headers: { 'content-type': 'application/json' }, body });
    const list = async () => {
      for await (const path of provider.list('')) expect(path).toBe('');
    };
    await rejected(list(), 'too_large');
    await provider.close();
    await proxy.stop();
  });
});
