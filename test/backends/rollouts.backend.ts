import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { parsePath } from '../../src/core/path.js';
import { documentPayload, textPayload } from '../../src/core/payload.js';
import { kubernetesRolloutKind } from '../../src/lifecycle/rotation/rollouts/kubernetes/kubernetes-kind.js';
import { rolloutContract } from '../../src/lifecycle/rotation/rollouts/rollout.contract.js';
import { RolloutFailure } from '../../src/lifecycle/rotation/rollouts/rollout.js';
import { testKilledRotations } from '../killed-rotations.js';
import { rotatedService } from '../rotated-service.js';
import { Kubernetes } from './kubernetes.js';

/** What the guide grants, and no right to read a Secret. */
const rules = [
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['app'], verbs: ['patch'] },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets'],
    resourceNames: ['api', 'db', 'agent'],
    verbs: ['get', 'patch'],
  },
];

let server: Kubernetes;
let count = 0;
beforeAll(async () => {
  server = await Kubernetes.start();
});
afterAll(() => server?.remove());

const labels = { app: 'x' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } };
const selector = { matchLabels: labels };
const kinds = [
  ['Deployment', 'api', { replicas: 2 }],
  ['StatefulSet', 'db', { replicas: 2, serviceName: 'db' }],
  ['DaemonSet', 'agent', {}],
] as const;
const workloads = kinds.map(([kind, name]) => `${kind.toLowerCase()}/${name}`);

const textAt = (secret: { readonly data: Readonly<Record<string, string>> }, key: string) =>
  Buffer.from(secret.data[key] ?? '', 'base64').toString();

/** A namespace with a workload of each kind, and the controllers that the server has not. */
class Cluster {
  readonly namespace: string;
  readonly #held = new Map<string, string>();

  static async make(): Promise<Cluster> {
    const cluster = new Cluster();
    await cluster.settle();
    return cluster;
  }

  private constructor() {
    count += 1;
    this.namespace = server.namespace(`rollout-${count}`);
    const { namespace } = this;
    server.apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'app', namespace },
        stringData: { value: 'first', other: 'stays' },
      },
      ...kinds.map(([kind, name, spec]) => ({
        apiVersion: 'apps/v1',
        kind,
        metadata: { name, namespace },
        spec: { selector, template, ...spec },
      })),
    );
  }

  get(resource: string) {
    return JSON.parse(server.kubectl(['get', resource, '-n', this.namespace, '-o', 'json']));
  }

  secret(key = 'value'): string {
    return textAt(this.get('secret/app'), key);
  }

  /** Every pod starts anew whose template is a new one, and reads the Secret then. */
  async settle(among = workloads): Promise<void> {
    for (const workload of among) {
      const { items } = JSON.parse(await this.#ask('get', workload, 'secret/app', '-o', 'json'));
      const { generation } = items[0].metadata;
      if (this.#held.get(workload)?.startsWith(`${generation} `)) continue;
      this.#held.set(workload, `${generation} ${textAt(items[1], 'value')}`);
      const number = {
        observedGeneration: generation,
        currentRevision: `r${generation}`,
        updateRevision: `r${generation}`,
      };
      const counts = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
      const nodes = { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1 };
      await this.status(
        workload,
        workload.startsWith('daemonset')
          ? { observedGeneration: generation, ...nodes, updatedNumberScheduled: 1, numberAvailable: 1 }
          : { ...(workload.startsWith('statefulset') ? number : { observedGeneration: generation }), ...counts },
      );
    }
  }

  async status(workload: string, status: object): Promise<void> {
    await this.#ask('patch', workload, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
  }

  #ask(...args: readonly string[]): Promise<string> {
    return server.kubectlMeanwhile([...args, '-n', this.namespace]);
  }

  held(among = workloads): readonly string[] {
    return among.map((workload) => this.#held.get(workload)?.replace(/^\d+ /, '') ?? '');
  }

  /** Of an account that may no more than it has to. */
  kubeconfig(): string {
    const { namespace } = this;
    const token = server.account(namespace, 'keyward', rules);
    const kubeconfig = join(server.folder, `kubeconfig-${namespace}`);
    writeFileSync(kubeconfig, server.kubeconfig({ user: { token } }), { mode: 0o600 });
    return kubeconfig;
  }

  rollouts(options: Partial<Parameters<typeof kubernetesRolloutKind.create>[0]> = {}) {
    const { namespace } = this;
    const env = { HOME: server.folder, KUBECONFIG: this.kubeconfig() };
    const context = { folder: join(server.folder, 'project'), env, clock: systemClock, fieldsOf: async () => ({}) };
    return kubernetesRolloutKind.create({ workloads, secret: 'app', namespace, ...options }, context);
  }
}

const changeTo = (text: string, id = 'a') => ({
  id: id.repeat(16),
  path: parsePath('app/password'),
  payload: textPayload(text),
});

rolloutContract({ describe, test, skip: test.skip }, 'workloads of Kubernetes', async () => {
  const cluster = await Cluster.make();
  return {
    subject: {
      rollouts: await cluster.rollouts(),
      held: async () => cluster.held(),
      store: async () => undefined,
      settle: () => cluster.settle(),
    },
  };
});

test('a workload is waited for until its controller has seen it and every pod is there, and is started once', async () => {
  const cluster = await Cluster.make();
  const [deployment] = await cluster.rollouts();
  const before = cluster.get('deployment/api').metadata.generation;
  for (const _ of [1, 2]) await deployment?.apply(changeTo('second'));
  const { generation } = cluster.get('deployment/api').metadata;
  expect(generation).toBe(before + 1);
  expect(await deployment?.pending(changeTo('second'))).toBe('it was not yet seen');
  await cluster.status('deployment/api', { observedGeneration: generation, updatedReplicas: 1, availableReplicas: 1 });
  expect(await deployment?.pending(changeTo('second'))).toBe('1 of 2 are updated');
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  await cluster.status('deployment/api', { conditions });
  await expect(deployment?.pending(changeTo('second'))).rejects.toBeInstanceOf(RolloutFailure);
});

test('a change by somebody else in the middle is not taken for the end', async () => {
  const cluster = await Cluster.make();
  const [deployment] = await cluster.rollouts();
  await deployment?.apply(changeTo('second'));
  server.kubectl(['rollout', 'restart', 'deployment/api', '-n', cluster.namespace]);
  await cluster.settle();
  expect(await deployment?.pending(changeTo('second'))).toBeUndefined();
  const metadata = { annotations: { 'keyward.io/rollout': null } };
  const patch = JSON.stringify({ spec: { template: { metadata } } });
  server.kubectl(['patch', 'deployment/api', '-n', cluster.namespace, '--type=merge', '-p', patch]);
  await expect(deployment?.pending(changeTo('second'))).rejects.toBeInstanceOf(RolloutFailure);
});

test('the fields of a document become the keys that are named, and other keys stay', async () => {
  const cluster = await Cluster.make();
  const [deployment] = await cluster.rollouts({ keys: { value: 'password', DB_USER: 'username' } });
  const payload = documentPayload([
    ['username', 'bot'],
    ['password', 'pässword'],
  ]);
  await deployment?.apply({ ...changeTo(''), payload });
  expect(['value', 'DB_USER', 'other'].map((key) => cluster.secret(key))).toEqual(['pässword', 'bot', 'stays']);
});

test('without a Secret only the pods are started anew, and a right that is missing is said', async () => {
  const cluster = await Cluster.make();
  const [deployment] = await cluster.rollouts({ secret: undefined });
  await deployment?.apply(changeTo('second'));
  expect(cluster.secret()).toBe('first');
  const [denied] = await cluster.rollouts({ secret: 'another' });
  const error = await denied?.apply(changeTo('CANARY')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'denied' });
  expect(error).not.toBeInstanceOf(RolloutFailure);
  expect(String(error)).not.toContain('CANARY');
});

describe('a process that is killed', () => {
  const workloads = ['deployment/api'];
  let cluster: Cluster | undefined;
  let isOver = false;
  let controller: Promise<void>;
  beforeAll(() => {
    controller = (async () => {
      for (; !isOver; await sleep(50)) await cluster?.settle(workloads);
    })();
  });
  afterAll(() => {
    isOver = true;
    return controller;
  });

  testKilledRotations('rollout-kubernetes', {
    kind: 'overlap',
    isRolledOut: true,
    async make() {
      const made = await Cluster.make();
      cluster = made;
      const { namespace } = made;
      return {
        ...rotatedService(server.folder, 'overlap'),
        rollout: [{ kubernetes: { workloads, secret: 'app', namespace, kubeconfig: made.kubeconfig() } }],
        held: () => made.held(workloads),
      };
    },
  });
});
