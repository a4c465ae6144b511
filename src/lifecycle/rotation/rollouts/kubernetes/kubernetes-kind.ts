import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { defineRolloutKind } from '../rollout-kind.js';

/** Source: `IsDNS1123Subdomain` and `IsConfigMapKey` of k8s.io/apimachinery/pkg/util/validation. */
const objectName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const namespaceName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const keyName = /^[-._a-zA-Z0-9]{1,253}$/;

export const kubernetesRolloutKind = defineRolloutKind({
  options: {
    workloads: 'texts',
    secret: 'text',
    keys: 'names',
    namespace: 'address',
    context: 'address',
    kubeconfig: 'file',
  },
  shorthand: 'workloads',
  *problems({ workloads = [], secret, keys, namespace }) {
    const isWorkload = (text: string) => {
      const [kind = '', name = '', ...more] = text.split('/');
      return ['deployment', 'statefulset', 'daemonset'].includes(kind) && objectName.test(name) && more.length === 0;
    };
    if (workloads.length === 0 || !workloads.every(isWorkload)) {
      yield '`workloads` are written as deployment/name, statefulset/name or daemonset/name';
    }
    if (new Set(workloads).size < workloads.length) yield '`workloads` names one twice';
    if (secret !== undefined && !objectName.test(secret)) yield '`secret` is the name of a Secret';
    if (namespace !== undefined && !namespaceName.test(namespace)) yield '`namespace` is the name of a namespace';
    if (keys !== undefined && secret === undefined) yield '`keys` are of the `secret`';
    if (!Object.keys(keys ?? {}).every((key) => keyName.test(key)))
      yield '`keys` are the keys of the Secret, and fields';
  },
  async create({ workloads = [], secret, keys, namespace, context: place, kubeconfig }, { folder, env, clock }) {
    const { createKubernetesRollouts } = await import('./kubernetes.js');
    const cluster = {
      store: 'kubernetes',
      context: place,
      namespace,
      kubeconfig: kubeconfig === undefined ? undefined : resolve(folder, kubeconfig),
      project: folder,
      env,
      home: env['HOME'] || homedir(),
    };
    return createKubernetesRollouts({ workloads, secret, keys, cluster, clock });
  },
});
