import { expect, test } from 'vitest';
import { controllerFindings } from './controller-findings.js';
import { mountedClasses, secretUses, workloadOf } from './secret-uses.js';
import { type Surroundings, storesPlainly, workloadFindings } from './workload-findings.js';

const place = { store: 'k', namespace: 'bots', names: ['kw-a'], writes: false };
const pod = (spec: object, more: object = {}) => ({ kind: 'Pod', metadata: { name: 'bot' }, spec, ...more });
const container = (more: object) => ({ containers: [{ name: 'c', ...more }] });
const variables = container({ envFrom: [{ secretRef: { name: 'kw-a' } }] });
const volume = { volumes: [{ name: 'v', secret: { secretName: 'kw-a' } }] };
const secret = (more: object = {}) => ({
  metadata: { name: 'kw-a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...more },
});
const seen = (more: Partial<Surroundings>): Surroundings => ({
  workloads: [],
  isComplete: true,
  secrets: new Map([['kw-a', secret()]]),
  tokens: [],
  classes: new Set(),
  ...more,
});
const causes = (more: Partial<Surroundings>, where = place) =>
  workloadFindings(seen(more), where).map(({ severity, cause }) => `${severity}: ${cause}`);

test('every way of a Pod to a Secret is a use of it', () => {
  const optional = { name: 'o', optional: true };
  const spec = {
    imagePullSecrets: [{ name: 'pull' }],
    initContainers: [
      {
        env: [
          { name: 'A', valueFrom: { secretKeyRef: optional } },
          { name: 'B', value: 'x' },
        ],
      },
    ],
    containers: [{ envFrom: [{ secretRef: { name: 'e' } }], volumeMounts: [{ name: 's', subPath: 'key' }] }],
    volumes: [
      { name: 's', secret: { secretName: 'single' } },
      { name: 'p', projected: { sources: [{ secret: { name: 'part' } }, { configMap: { name: 'no' } }] } },
      { name: 'c', csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'class' } } },
    ],
  };
  const uses = secretUses(pod(spec)).map(({ secret: name, how, isOptional }) => [name, how, isOptional]);
  expect(uses).toEqual([
    ['single', 'subPath', false],
    ['part', 'volume', false],
    ['o', 'variables', true],
    ['e', 'variables', false],
    ['pull', 'pull', true],
  ]);
  expect(mountedClasses(pod(spec))).toEqual(['class']);
  for (const odd of [undefined, null, 'x', { spec: { containers: 'x', volumes: [null, 1] } }]) {
    expect(secretUses(odd)).toEqual([]);
  }
});

test('a Pod goes by the name of what would be restarted, and a template by its own', () => {
  const owned = (kind: string, name: string) => ({
    kind: 'Pod',
    metadata: {
      name: 'web-5d4f-x',
      labels: { 'pod-template-hash': '5d4f' },
      ownerReferences: [{ kind, name, controller: true }],
    },
  });
  expect(workloadOf(owned('ReplicaSet', 'web-5d4f'))).toBe('deployment/web');
  expect(workloadOf(owned('StatefulSet', 'db'))).toBe('statefulset/db');
  const cron = {
    kind: 'CronJob',
    metadata: { name: 'n' },
    spec: { jobTemplate: { spec: { template: { spec: variables } } } },
  };
  expect(secretUses(cron)).toMatchObject([{ workload: 'cronjob/n', secret: 'kw-a' }]);
});

test('a Secret that is wanted and not there is an error, unless it is optional or not known to be absent', () => {
  const absent = new Map([['kw-a', undefined]]);
  expect(causes({ workloads: [pod(variables)], secrets: absent })).toEqual([
    'error: there is no Secret kw-a, which pod/bot cannot start without',
  ]);
  expect(causes({ workloads: [pod(variables)], secrets: new Map() })).toEqual([]);
  const optional = container({ envFrom: [{ secretRef: { name: 'kw-a', optional: true } }] });
  expect(causes({ workloads: [pod(optional)], secrets: absent })).toEqual([]);
  const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'c' } };
  const mounting = pod({ volumes: [{ csi }] });
  expect(causes({ workloads: [mounting], secrets: new Map() })[0]).toContain('no SecretProviderClass c');
  expect(causes({ workloads: [mounting], secrets: new Map(), classes: undefined })).toEqual([]);
});

test('variables and files by subPath stay as they were, and volumes do not', () => {
  expect(causes({ workloads: [pod(volume)] })).toEqual([]);
  expect(causes({ workloads: [pod(variables)] })[0]).toContain('warning: kw-a reaches pod/bot as variables');
  const single = { ...volume, ...container({ volumeMounts: [{ name: 'v', subPath: 'key' }] }) };
  expect(causes({ workloads: [pod(single)] })[0]).toContain('by subPath');
  const running = (startTime: string) => pod(variables, { status: { phase: 'Running', startTime } });
  expect(causes({ workloads: [running('2025-12-31T00:00:00Z')] })).toEqual([
    'warning: pod/bot runs with kw-a as it was before its last change',
  ]);
  expect(causes({ workloads: [running('2026-01-02T00:00:00Z')] })[0]).toContain('as variables');
});

test('what nothing uses is said once, and only where everything was seen', () => {
  expect(causes({})).toEqual(['info: no workload uses kw-a']);
  expect(causes({ isComplete: false })).toEqual([]);
  expect(causes({ secrets: new Map([['kw-a', undefined]]) })).toEqual([]);
});

test('what is written must stay: not immutable, and not the work of a controller', () => {
  const frozen = secret({ managedFields: [{ fieldsV1: { 'f:data': {}, 'f:immutable': {} } }] });
  const made = secret({ ownerReferences: [{ kind: 'ExternalSecret', name: 'app', controller: true }] });
  const judged = (object: object, writes: boolean) =>
    causes({ workloads: [pod(volume)], secrets: new Map([['kw-a', object]]) }, { ...place, writes });
  expect(judged(frozen, true)).toEqual(['warning: kw-a is immutable and cannot be rotated in place']);
  expect(judged(made, true)[0]).toContain('is undone by ExternalSecret app');
  for (const object of [frozen, made]) expect(judged(object, false)).toEqual([]);
  expect(causes({ workloads: [pod(volume)], tokens: ['t'] })).toEqual([
    'warning: tokens of service accounts that never end: t',
  ]);
});

test('a server without the flag keeps Secrets as they are', () => {
  const server = (...command: string[]) => pod(container({ command }));
  expect(storesPlainly([server('kube-apiserver', '--secure-port=6443')])).toBe(true);
  expect(storesPlainly([server('kube-apiserver', '--encryption-provider-config=/etc/e.yaml')])).toBe(false);
  expect(storesPlainly([])).toBe(false);
});

test('what a controller fails at, or never saw, is an error without its message', () => {
  const object = (status?: object) => ({ kind: 'ExternalSecret', ...secret(), status });
  const at = Date.parse('2026-01-01T00:01:00Z');
  const judged = (status: object | undefined, now = at) =>
    controllerFindings([{ resource: 'externalsecrets.external-secrets.io', object: object(status) }], {
      ...place,
      now,
    });
  const failed = { type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'CANARY-said' };
  const [finding] = judged({ conditions: [failed] });
  expect(finding?.cause).toBe('ExternalSecret kw-a is not Ready: SecretSyncedError');
  expect(finding?.fix).toBe('kubectl describe externalsecrets.external-secrets.io kw-a -n bots');
  expect(JSON.stringify(finding)).not.toContain('CANARY');
  expect(judged({ conditions: [{ ...failed, status: 'True' }] })).toEqual([]);
  expect(judged(undefined)).toEqual([]);
  expect(judged(undefined, at + 300_000)[0]?.cause).toContain('no controller has looked at ExternalSecret kw-a');
});
