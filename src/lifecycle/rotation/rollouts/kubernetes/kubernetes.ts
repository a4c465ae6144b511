import type { ClusterOptions } from '../../../../clients/kubernetes/cluster-options.js';
import { KubernetesClient } from '../../../../clients/kubernetes/kubernetes-client.js';
import { granted } from '../../../../clients/kubernetes/list-items.js';
import type { Clock } from '../../../../core/clock.js';
import { fieldsOf } from '../../../../core/payload.js';
import { chosenValue } from '../chosen-value.js';
import { type Rollout, type RolloutChange, RolloutFailure } from '../rollout.js';
import { annotationOf, rolloutAnnotation, stateOf, type WorkloadKind } from './workload-state.js';

export interface KubernetesRolloutOptions {
  /** As `deployment/api`. */
  readonly workloads: readonly string[];
  /** That is given the values, where it is not itself the store. */
  readonly secret?: string | undefined;
  /** Fields by the keys of the Secret; each field by its own name when absent. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  readonly cluster: ClusterOptions;
  readonly clock: Clock;
}

/**
 * Pods that take their secrets when they start: a roll-out of its own for each workload, which begins by patching the
 * Secret where one is named. The pods are started anew by an annotation of their template, as `kubectl rollout restart`
 * does it; it holds the id of the change, so that a repeated one starts nothing. No value is read from the cluster.
 */
export function createKubernetesRollouts(options: KubernetesRolloutOptions): readonly Rollout[] {
  const { workloads, secret, keys, cluster, clock } = options;
  const client = new KubernetesClient(cluster, clock);
  const namespaceOf = async () => cluster.namespace ?? (await client.namespace()) ?? 'default';

  const patch = async (path: string, body: object, what: string) =>
    granted(await client.request({ method: 'PATCH', path, body, as: 'PartialObjectMetadata', what }));

  return workloads.map((workload): Rollout => {
    const [kind, object] = parsed(workload);
    const name = cluster.namespace === undefined ? workload : `${workload} in ${cluster.namespace}`;
    const pathOf = async () => `/apis/apps/v1/namespaces/${await namespaceOf()}/${kind}s/${object}`;
    return {
      name,
      async apply(change) {
        if (secret !== undefined) {
          const path = `/api/v1/namespaces/${await namespaceOf()}/secrets/${secret}`;
          await patch(path, { data: dataOf(change, keys) }, `changing Secret ${secret}`);
        }
        const template = { metadata: { annotations: { [rolloutAnnotation]: change.id } } };
        await patch(await pathOf(), { spec: { template } }, `restarting ${workload}`);
      },
      async pending({ id }) {
        const path = await pathOf();
        const found = granted(await client.request({ method: 'GET', path, what: `looking at ${workload}` }));
        if (annotationOf(found) !== id) throw new RolloutFailure(name, 'was changed by somebody else in the middle');
        const { pending, failure } = stateOf(kind, found);
        if (failure !== undefined) throw new RolloutFailure(name, failure);
        return pending;
      },
    };
  });
}

function parsed(workload: string): readonly [WorkloadKind, string] {
  const [kind = '', name = ''] = workload.split('/');
  return [kind === 'statefulset' || kind === 'daemonset' ? kind : 'deployment', name];
}

/** @throws KeywardError `config` for a field that is not there */
function dataOf(change: RolloutChange, keys: KubernetesRolloutOptions['keys']): Readonly<Record<string, string>> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  if (keys !== undefined) {
    return Object.fromEntries(Object.entries(keys).map(([key, field]) => [key, base64(chosenValue(change, field))]));
  }
  return Object.fromEntries([...fieldsOf(change.payload)].map(([field, { bytes }]) => [field, base64(bytes)]));
}
