import { afterEach, beforeEach, expect, test } from 'vitest';
import { rejected } from '../../core/provider-read.contract.js';
import { kubernetesProviderKind } from '../../providers/kubernetes/kubernetes.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { findCluster } from './cluster-access.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const find = (env: Readonly<Record<string, string>>, more = {}) =>
  findCluster({
    store: 'k',
    project: folder.path('.'),
    home: folder.path('.'),
    serviceAccount: folder.path('.'),
    env,
    ...more,
  });

test('a pod is its own cluster only where nothing names another', async () => {
  const pod = { KUBERNETES_SERVICE_HOST: '::1', KUBERNETES_SERVICE_PORT: '6443' };
  await rejected(find(pod), 'config');
  folder.write('namespace', 'bots\n');
  const { address, namespace, credentials } = await find(pod);
  expect([address.origin, namespace]).toEqual(['https://[::1]:6443', 'bots']);
  expect((await rejected(credentials(), 'config')).message).toContain('ca.crt');
  await rejected(find(pod, { context: 'lab' }), 'config');
  await rejected(find({ ...pod, KUBECONFIG: folder.path('absent') }), 'config');
  await rejected(find({}), 'config');
});

test('of the files of KUBECONFIG the first to say something counts, and those that are not there do not', async () => {
  const config = (server: string, more = '') =>
    `contexts: [{name: c, context: {cluster: s, user: u}}]
clusters: [{name: s, cluster: {server: "${server}"}}]
users: [{name: u, user: {token: x}}]
${more}`;
  const first = folder.write('first', config('https://first.example.com'));
  const second = folder.write('second', config('https://second.example.com', 'current-context: c'));
  const { address, credentials } = await find({ KUBECONFIG: `${folder.path('absent')}:${first}:${second}` });
  expect(address.origin).toBe('https://first.example.com');
  expect((await credentials()).headers).toEqual({ Authorization: 'Bearer x' });
});

test('a kubeconfig that would send the credential elsewhere, or that the project could change, is refused', async () => {
  const config = (cluster: string) =>
    folder.write(
      'config',
      `current-context: c
contexts: [{name: c, context: {cluster: s, user: u}}]
clusters: [{name: s, cluster: ${cluster}}]
users: [{name: u, user: {token: CANARY-x}}]
`,
    );
  const server = 'server: "https://k.example.com"';
  for (const cluster of [
    `{${server}, insecure-skip-tls-verify: true}`,
    `{${server}, proxy-url: "http://proxy.example.com"}`,
    '{server: "http://k.example.com"}',
    '{server: "https://user:CANARY-x@k.example.com"}',
    '{server: 7}',
    '{}',
  ]) {
    const error = await rejected(find({ KUBECONFIG: config(cluster) }), 'config');
    expect(`${error.message}${error.advice}${String(error.cause)}`).not.toContain('CANARY');
  }
  const kubeconfig = config(`{${server}}`);
  expect((await find({ KUBECONFIG: kubeconfig })).address.origin).toBe('https://k.example.com');
  await rejected(find({}, { kubeconfig }), 'config');
  folder.write('project/keyward.yaml', '');
  const outside = await find({}, { kubeconfig, project: folder.path('project') });
  expect(outside.address.origin).toBe('https://k.example.com');
});

test('options that cannot be meant are refused, and an unknown cluster is no origin for copies', () => {
  const create = (options: Parameters<typeof kubernetesProviderKind.create>[0], env = {}) =>
    kubernetesProviderKind.create(options, {
      name: 'k',
      inventory: new Map(),
      isProduction: true,
      environment: 'production',
      folder: folder.path('.'),
      env,
      connectStore: () => Promise.reject(new Error('not needed')),
    });
  for (const options of [{ layout: 'x' }, { layout: 'single' }, { secret: 'app' }]) {
    expect(() => create(options)).toThrow(expect.objectContaining({ code: 'config' }));
  }
  expect(create({}).traits.origin).toBeUndefined();
  const origins = [
    create({ context: 'a' }),
    create({ context: 'b' }),
    create({ context: 'a', namespace: 'x' }),
    create({ context: 'a', layout: 'single', secret: 's' }),
    create({ context: 'a', prefix: 'p' }),
    create({ context: 'a', names: { a: 'b' } }),
    create({}, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }),
  ].map(({ traits }) => traits.origin);
  expect(new Set(origins).size).toBe(origins.length);
  expect(origins).not.toContain(undefined);
});
