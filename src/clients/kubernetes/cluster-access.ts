import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';
import { parseServerAddress } from '../http/origin.js';
import type { ClusterAccess, ClusterOptions } from './cluster-options.js';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const maxBytes = 1024 * 1024;

/**
 * The cluster that the options mean: that of the kubeconfig where there is one, else the one that this pod runs in.
 *
 * @throws KeywardError `config` when neither can be found or used.
 */
export async function findCluster(options: ClusterOptions): Promise<ClusterAccess> {
  const { store, kubeconfig, env, home } = options;
  const named =
    kubeconfig === undefined ? (env['KUBECONFIG'] ?? '').split(':').filter((file) => file !== '') : [kubeconfig];
  const files = named.length > 0 ? named : [join(home, '.kube/config')];
  const texts: [file: string, text: string][] = [];
  for (const file of files) {
    const text = await readTextFile(file, { maxBytes });
    if (text !== undefined) texts.push([file, text]);
  }
  if (texts.length > 0) {
    const { openKubeconfig } = await import('./kubeconfig.js');
    return openKubeconfig(texts, options);
  }
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (named.length === 0 && host !== undefined && options.context === undefined) return inCluster(host, options);
  throw new KeywardError('config', `${store}: there is no kubeconfig at ${files.join(' or ')}`, {
    store,
    advice: 'Set KUBECONFIG, or kubeconfig: in keyward.yaml. A pod needs neither.',
  });
}

/**
 * The service account of this pod. The kubelet replaces the token long before it ends, so it is read anew.
 *
 * Source: kubernetes.io/docs/tasks/run-application/access-api-from-pod.
 */
async function inCluster(
  host: string,
  { env, store, serviceAccount = serviceAccountFolder }: ClusterOptions,
): Promise<ClusterAccess> {
  const read = async (name: string) => {
    const text = await readTextFile(join(serviceAccount, name), { maxBytes });
    if (text !== undefined && text.trim() !== '') return text.trim();
    throw new KeywardError('config', `${store}: this pod has no ${join(serviceAccount, name)}`, {
      store,
      advice: 'Let the pod have a service account: automountServiceAccountToken: true.',
    });
  };
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    address: parseServerAddress(`https://${bracketed}:${port}`, 'KUBERNETES_SERVICE_HOST'),
    namespace: await read('namespace'),
    credentials: async () => ({
      tls: { ca: [await read('ca.crt')] },
      headers: { authorization: `Bearer ${await read('token')}` },
    }),
  };
}
