import type { Path } from '../../src/core/path.js';
import { isDocument, type Payload, payloadText } from '../../src/core/payload.js';
import type { Provider } from '../../src/core/provider.js';
import { vaultProviderKind } from '../../src/providers/vault/vault.js';
import type { OpenBao } from './openbao.js';

export type VaultOptions = Parameters<typeof vaultProviderKind.create>[0];

/** The provider as a configuration entry makes it, in this environment and no other. */
export function vaultProvider(
  server: OpenBao,
  options: VaultOptions,
  env: Readonly<Record<string, string>> = { VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken },
): Provider {
  return vaultProviderKind.create(options, {
    name: 'vault',
    inventory: new Map(),
    isProduction: true,
    environment: 'production',
    folder: server.folder,
    env: { HOME: server.folder, ...env },
    connectStore: () => Promise.reject(new Error('not needed')),
  });
}

/** Writes as `bao kv put` would: a document as it is, anything else as the field `value`. */
export async function putSecret(server: OpenBao, place: string, payload: Payload): Promise<void> {
  const text = payloadText(payload);
  const data = isDocument(payload) ? text : JSON.stringify({ value: text });
  const escaped = place.split('/').map(encodeURIComponent).join('/');
  await server.api('POST', escaped, place.startsWith('secret/data/') ? `{"data":${data}}` : data);
}

/** Puts secrets below a prefix of the second engine. */
export const seedBelow = (server: OpenBao, prefix: string) => (path: Path, payload: Payload) =>
  putSecret(server, `secret/data/${prefix}/${path}`, payload);
