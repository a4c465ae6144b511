import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { connectKubernetes } from '../../src/providers/kubernetes/kubernetes-store.js';
import { SecretPlaces } from '../../src/providers/kubernetes/secret-places.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { Kubernetes } from './kubernetes.js';
import { ask, kubernetesProvider, putSecret } from './kubernetes-fixture.js';

const definitions = join(import.meta.dirname, '../../../shared/crds');
const groups = { eso: 'external-secrets.io', sealed: 'bitnami.com', csi: 'secrets-store.csi.x-k8s.io' };

let server: Kubernetes;
let namespace: string;
beforeAll(async () => {
  server = await Kubernetes.start();
  namespace = server.namespace('bots');
  for (const name of ['kw-app', 'kw-idle'])
    await putSecret(server, namespace, name, [['value', Buffer.from('CANARY-x')]]);
});
afterAll(() => server?.remove());

const needs = (...paths: string[]) => ({ refs: paths.map((path) => ({ path: parsePath(path) })), writes: false });

async function causes(need = needs('app', 'idle'), token = server.adminToken): Promise<readonly string[]> {
  const provider = kubernetesProvider(server, { namespace }, server.kubeconfig({ user: { token } }));
  const diagnosis = await provider.diagnose?.(need);
  await provider.close();
  expect(JSON.stringify(diagnosis)).not.toContain('CANARY');
  return (diagnosis?.findings ?? []).map(({ severity, cause }) => `${severity}: ${cause}`);
}

function deployment(name: string, podSpec: object): object {
  const labels = { app: name };
  const template = {
    metadata: { labels },
    spec: {
      ...podSpec,
      containers: [{ name: 'c', image: 'x', ...Object(Reflect.get(podSpec, 'container')) }],
      container: undefined,
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template },
  };
}

describe('doctor', () => {
  test('says what uses each Secret in a way that does not follow it, what is missing, and what nothing uses', async () => {
    server.apply(
      deployment('web', { container: { envFrom: [{ secretRef: { name: 'kw-app' } }] } }),
      deployment('worker', {
        container: { volumeMounts: [{ name: 's', mountPath: '/s', subPath: 'value' }] },
        volumes: [{ name: 's', secret: { secretName: 'kw-app' } }],
      }),
      deployment('broken', {
        container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'gone', key: 'a' } } }] },
      }),
    );
    const found = await causes();
    expect(found).toContain('error: there is no Secret gone, which deployment/broken cannot start without');
    expect(found).toContain('info: no workload uses kw-idle');
    expect(found).toContainEqual(expect.stringMatching(/^warning: kw-app reaches deployment\/web as variables/));
    expect(found).toContainEqual(
      expect.stringMatching(/^warning: deployment\/worker mounts a file of kw-app by subPath/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^warning: may create pods, .* in bots/));
  });

  test('says which Pods run with what a Secret was before', async () => {
    const containers = [{ name: 'c', image: 'x', envFrom: [{ secretRef: { name: 'kw-app' } }] }];
    server.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'old', namespace }, spec: { containers } });
    const path = `/api/v1/namespaces/${namespace}/pods/old/status`;
    await ask(server, 'PATCH', path, { status: { phase: 'Running', startTime: '2020-01-01T00:00:00Z' } });
    expect(await causes()).toContain('warning: pod/old runs with kw-app as it was before its last change');
  });

  test('says what cannot be written, and which tokens never end', async () => {
    const secret = (name: string, more: object) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      ...more,
    });
    server.apply(secret('kw-frozen', { immutable: true, stringData: { value: 'CANARY' } }));
    server.kubectl(['create', 'serviceaccount', 'owner', '-n', namespace]);
    const annotations = { 'kubernetes.io/service-account.name': 'owner' };
    const token = { type: 'kubernetes.io/service-account-token', stringData: { token: 'CANARY' } };
    server.apply(secret('legacy', { ...token, metadata: { name: 'legacy', namespace, annotations } }));
    const found = await causes({ ...needs('frozen'), writes: true });
    expect(found).toContain('warning: kw-frozen is immutable and cannot be rotated in place');
    expect(found).toContain('warning: tokens of service accounts that never end: legacy');
  });

  test('with rights to one Secret says what it could not see, and still what is missing', async () => {
    const rule = { apiGroups: [''], resources: ['secrets'], resourceNames: ['kw-app', 'kw-none'], verbs: ['get'] };
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
    const narrow = server.account(namespace, 'narrow', [rule, pods]);
    const found = await causes(needs('app'), narrow);
    expect(found.filter((cause) => !cause.startsWith('info:'))).toEqual([
      'warning: pod/old runs with kw-app as it was before its last change',
    ]);
    expect(found.at(-1)).toMatch(
      /^info: not to be seen from here: cronjobs, daemonsets, deployments, encryption at rest, secrets, statefulsets$/,
    );
  });

  test('knows the API server by its Pods, and whether it encrypts', async () => {
    const apiserver = (...command: string[]) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'kube-apiserver', namespace: 'kube-system', labels: { component: 'kube-apiserver' } },
      spec: { containers: [{ name: 'kube-apiserver', image: 'x', command: ['kube-apiserver', ...command] }] },
    });
    const plain = 'warning: etcd holds the Secrets as they are';
    expect(await causes()).toContain('info: not to be seen from here: encryption at rest');
    server.apply(apiserver());
    expect(await causes()).toContain(plain);
    server.kubectl(['delete', 'pod', 'kube-apiserver', '-n', 'kube-system', '--force']);
    server.apply(apiserver('--encryption-provider-config=/etc/encryption.yaml'));
    const found = await causes();
    expect(found).not.toContain(plain);
    expect(found.filter((cause) => cause.includes('not to be seen'))).toEqual([]);
  });
});

if (existsSync(definitions))
  describe('doctor, of what controllers make', () => {
    const files = ['eso-externalsecrets', 'eso-secretstores', 'sealedsecrets', 'spc'];
    const object = (apiVersion: string, kind: string, name: string, spec: object) => ({
      apiVersion,
      kind,
      metadata: { name, namespace },
      spec,
    });
    const condition = {
      type: 'Ready',
      status: 'False',
      reason: 'SecretSyncedError',
      message: 'CANARY',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };

    beforeAll(() => {
      for (const name of files) server.kubectl(['apply', '--server-side', '-f', join(definitions, `${name}.yaml`)]);
      server.kubectl(['wait', '--for=condition=Established', '--all', 'customresourcedefinitions', '--timeout=60s']);
      server.apply(
        object(`${groups.eso}/v1`, 'ExternalSecret', 'app', {
          secretStoreRef: { name: 'vault' },
          target: { name: 'kw-app' },
          data: [{ secretKey: 'value', remoteRef: { key: 'app' } }],
        }),
        object(`${groups.sealed}/v1alpha1`, 'SealedSecret', 'sealed', { encryptedData: { a: 'AA==' } }),
        object(`${groups.csi}/v1`, 'SecretProviderClass', 'there', { provider: 'vault' }),
      );
    });

    test('says what a controller fails at, what none looks at, and a class that is not there', async () => {
      const path = `/apis/${groups.eso}/v1/namespaces/${namespace}/externalsecrets/app/status`;
      expect(await ask(server, 'PATCH', path, { status: { conditions: [condition] } })).toBe(200);
      const csi = (name: string) => ({
        volumes: [
          {
            name: 's',
            csi: {
              driver: 'secrets-store.csi.k8s.io',
              readOnly: true,
              volumeAttributes: { secretProviderClass: name },
            },
          },
        ],
      });
      server.apply(deployment('mounts', csi('there')), deployment('lost', csi('absent')));
      const found = await causes();
      expect(found).toContain('error: ExternalSecret app is not Ready: SecretSyncedError');
      expect(found).toContain('error: there is no SecretProviderClass absent, which deployment/lost mounts');
      expect(found.filter((cause) => cause.includes('there is no SecretProviderClass'))).toHaveLength(1);
      expect(found.filter((cause) => cause.includes('SealedSecret'))).toEqual([]);
      const clock = new FakeClock(Date.now() + 600_000);
      const names = { prefix: '', secret: undefined, naming: undefined, overrides: new Map() } as const;
      const store = await connectKubernetes({
        places: new SecretPlaces({ name: 'kubernetes', ...names }),
        clock,
        cluster: {
          store: 'kubernetes',
          namespace,
          project: '/',
          home: '/',
          env: { KUBECONFIG: join(server.folder, 'config') },
        },
      });
      const later = await store.diagnose?.(needs('app'), {});
      store.close();
      expect(later?.findings.map(({ cause }) => cause)).toContain(
        'no controller has looked at SealedSecret sealed: is it installed, and does it run?',
      );
    });
  });
else {
  test('the definitions are not at ../shared/crds beside this checkout, so no controller was judged', () => {
    expect(existsSync(definitions)).toBe(false);
  });
}
