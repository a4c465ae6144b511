import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { FaultProxy } from '../../src/testing/fault-proxy.js';
import { Laptop } from '../system/cli.js';
import { Kubernetes } from './kubernetes.js';
import { ask, kubernetesProvider, seedDocuments } from './kubernetes-fixture.js';

let server: Kubernetes;
let count = 0;
let namespace: string;
let laptop: Laptop;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  // Without its cache the server asks etcd, so that it forgets what etcd forgets.
  server = await Kubernetes.start({ watchCache: false });
});
afterAll(() => server?.remove());

beforeEach(() => {
  count += 1;
  namespace = server.namespace(`chain-${count}`);
  laptop = new Laptop();
  env = { KUBECONFIG: laptop.write('kubeconfig', server.kubeconfig({ namespace })) };
});
afterEach(() => laptop.remove());

const secret = (name: string): Readonly<Record<string, string>> => {
  const { data } = JSON.parse(server.kubectl(['get', 'secret', name, '-n', namespace, '-o', 'json']));
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]);
  return Object.fromEntries(texts);
};

describe('on the command line', () => {
  beforeEach(() => {
    laptop.write('keyward.yaml', 'environment: development\nproviders: [{ kubernetes: {} }]\n');
  });

  test('values are set, read, listed, changed field by field, and purged', async () => {
    await laptop.ok(['set', 'exchange/kraken', 'api_key=-'], { env, stdin: 'first' });
    await laptop.ok(['set', 'exchange/kraken', 'api_secret=-'], { env, stdin: 'second' });
    expect(secret('kw-exchange--kraken')).toEqual({ api_key: 'first', api_secret: 'second' });
    expect((await laptop.ok(['get', 'exchange/kraken/api_key'], { env })).stdout).toBe('first');
    expect((await laptop.ok(['list'], { env })).stdout).toContain('exchange/kraken');
    expect((await laptop.ok(['status'], { env })).stdout).toMatch(/healthy\s+kubernetes/);
    const refused = await laptop.run(['delete', 'exchange/kraken'], { env });
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain('keyward purge');
    await laptop.ok(['purge', 'exchange/kraken', '--yes'], { env });
    expect((await laptop.run(['get', 'exchange/kraken'], { env })).status).toBe(3);
  });

  test('an environment file and the YAML of a Secret are imported', async () => {
    laptop.write('.env', 'BINANCE_API_KEY=of-file\nAPP_MODE="two\\nlines"\n');
    await laptop.ok(['import', '.env', '--yes'], { env });
    expect((await laptop.ok(['get', 'exchange/binance/api_key'], { env })).stdout).toBe('of-file');
    const data = Buffer.from('of-yaml').toString('base64');
    const yaml = `apiVersion: v1\nkind: Secret\nmetadata: { name: db }\ndata: { password: ${data} }\n`;
    laptop.write('secret.yaml', yaml);
    await laptop.ok(['import', 'secret.yaml', '--map', 'db#password=database/password', '--yes'], { env });
    expect((await laptop.ok(['get', 'database/password'], { env })).stdout).toBe('of-yaml');
    const names = server.kubectl(['get', 'secrets', '-n', namespace, '-o', 'name']).trim().split('\n');
    expect(names.every((name) => name.startsWith('secret/kw-'))).toBe(true);
  });
});

describe('a watch', () => {
  const path = parsePath('app/token');

  test('does not keep a program running', async () => {
    const provider = kubernetesProvider(server, { namespace });
    expect(await provider.read({ path })).toBeUndefined();
    const seed = seedDocuments(server, namespace);
    let hints = 0;
    let seeded: Promise<void> | undefined;
    await new Promise<void>((resolve) => {
      provider.watch('', () => {
        hints += 1;
        // The first hint is that it begins; the second comes over the open connection.
        if (hints === 1) seeded = seed(path, textPayload('x'));
        else resolve();
      });
    });
    await seeded;
    const connections = () => process.getActiveResourcesInfo().filter((name) => /^(?:TCP|TLS)/.test(name));
    await expect.poll(connections, { timeout: 10_000 }).toEqual([]);
    await provider.close();
  });

  test('goes on after the server has forgotten what it was asked about', async () => {
    const seed = seedDocuments(server, namespace);
    const proxy = await FaultProxy.start(server, server.tls);
    let watches = 0;
    await proxy.script(({ path: asked }) => {
      if (!asked.includes('watch=1')) return undefined;
      watches += 1;
      if (watches === 1) return { kind: 'answer', status: 200, body: '' };
      return watches === 2 ? undefined : { kind: 'silence' };
    });
    const provider = kubernetesProvider(server, { namespace }, server.kubeconfig({ server: proxy.address }));
    const hints: (() => void)[] = [];
    const hint = () => new Promise<void>((resolve) => void hints.push(resolve));
    const first = hint();
    expect(await provider.read({ path })).toBeUndefined();
    provider.watch('', () => hints.shift()?.());
    await first;
    for (const text of ['x', 'y', 'z']) await seed(path, textPayload(text));
    await server.forget();
    await hint();
    const asked = proxy.requests.filter(({ path: each }) => each.includes('fieldSelector'));
    const kinds = asked.map(({ path: each }) => (each.includes('watch=1') ? 'watch' : 'list'));
    expect(kinds.slice(0, 4)).toEqual(['list', 'watch', 'watch', 'list']);
    await provider.close();
    await proxy.stop();
  });

  test('needs no more than watch and list on the one Secret that holds all', async () => {
    const verbs = ['get', 'list', 'watch'];
    const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['app'], verbs }];
    const token = server.account(namespace, 'narrow', rules);
    const options = { namespace, layout: 'single', secret: 'app' };
    const provider = kubernetesProvider(server, options, server.kubeconfig({ user: { token } }));
    expect(await provider.read({ path })).toBeUndefined();
    let seen = () => {};
    const hint = () =>
      new Promise<void>((resolve) => {
        seen = resolve;
      });
    const opened = hint();
    provider.watch('', () => seen());
    await opened;
    const changed = hint();
    await ask(server, 'POST', `/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: 'app' }, data: {} });
    await changed;
    await provider.close();
  });
});
