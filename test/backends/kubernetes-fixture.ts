import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { Path } from '../../src/core/path.js';
import { documentMembers, type Payload } from '../../src/core/payload.js';
import type { Provider } from '../../src/core/provider.js';
import { encodeName } from '../../src/formats/native-names.js';
import { kubernetesProviderKind } from '../../src/providers/kubernetes/kubernetes.js';
import type { Kubernetes } from './kubernetes.js';

export type KubernetesOptions = Parameters<typeof kubernetesProviderKind.create>[0];

/** The provider as a configuration entry makes it, with this kubeconfig and no other. */
export function kubernetesProvider(
  server: Kubernetes,
  options: KubernetesOptions,
  kubeconfig = server.kubeconfig({}),
): Provider {
  const file = join(server.folder, `kubeconfig-${Math.random()}`);
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  return kubernetesProviderKind.create(options, {
    name: 'kubernetes',
    inventory: new Map(),
    isProduction: true,
    environment: 'production',
    folder: server.folder,
    env: { HOME: server.folder, KUBECONFIG: file },
    connectStore: () => Promise.reject(new Error('not needed')),
  });
}

type Bytes = readonly (readonly [key: string, bytes: Uint8Array])[];

const agent = new Agent({ keepAlive: true });

/** One request as the administrator: faster than kubectl. */
export async function ask(server: Kubernetes, method: string, path: string, body?: object): Promise<number> {
  const headers = {
    authorization: `Bearer ${server.adminToken}`,
    'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${server.address}${path}`, { method, headers, ca: server.ca, agent }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject).end(body === undefined ? '' : JSON.stringify(body));
  });
}

/** Makes the Secret, or gives it this data, as kubectl would. */
export async function putSecret(server: Kubernetes, namespace: string, name: string, values: Bytes): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const data = Object.fromEntries(values.map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]));
  const made = await ask(server, 'POST', path, { metadata: { name }, data });
  const status = made === 409 ? await ask(server, 'PATCH', `${path}/${name}`, { data }) : made;
  if (status > 299) throw new Error(`${name}: ${status}`);
}

/** A document as its fields, anything else as the key `value`. */
export const seedDocuments = (server: Kubernetes, namespace: string) => (path: Path, payload: Payload) => {
  const fields = documentMembers(payload)?.map(({ name, text }) => [name, Buffer.from(text)] as const);
  return putSecret(server, namespace, `kw-${encodeName(path)}`, fields ?? [['value', payload.bytes]]);
};

/** A key of one Secret, one after the other: the server gives up where many change one object at once. */
export function seedKeys(server: Kubernetes, namespace: string, secret: string) {
  let last = Promise.resolve();
  return (path: Path, payload: Payload): Promise<void> => {
    const values: Bytes = [[encodeName(path), payload.bytes]];
    last = last.then(() => putSecret(server, namespace, secret, values));
    return last;
  };
}
