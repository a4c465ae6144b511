import type { Path } from '../../../src/core/path.js';
import type { Payload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { encodeName } from '../../../src/formats/native-names.js';
import { gcpProviderKind } from '../../../src/providers/gcp/gcp.js';

export type GcpOptions = Parameters<typeof gcpProviderKind.create>[0];

/** What the service cannot do. */
export const gcpDeviations = [
  {
    test: 'makes one version of a write that is repeated with its token',
    reason: 'the service knows no such token; a write with one is refused before anything is sent',
  },
];

/** The provider as a configuration entry makes it, in this environment and no other. */
export function gcpProvider(options: GcpOptions, env: Readonly<Record<string, string>> = {}): Provider {
  return gcpProviderKind.create(options, {
    name: 'gcp',
    inventory: new Map(),
    isProduction: true,
    environment: 'production',
    folder: '/nowhere',
    env,
    connectStore: () => Promise.reject(new Error('not needed')),
  });
}

/** Puts a version into a project as `gcloud secrets create` and `versions add` would. */
export async function putSecret(address: string, parent: string, id: string, bytes: Uint8Array): Promise<void> {
  const post = (path: string, body: unknown) =>
    fetch(`${address}/v1/${parent}/secrets${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await (await post(`?secretId=${id}`, { replication: { automatic: {} } })).text();
  const added = await post(`/${id}:addVersion`, { payload: { data: Buffer.from(bytes).toString('base64') } });
  if (!added.ok) throw new Error(`${id}: ${added.status} ${await added.text()}`);
}

export const seedIn = (address: string, project: string) => (path: Path, payload: Payload) =>
  putSecret(address, `projects/${project}`, encodeName(path), payload.bytes);
