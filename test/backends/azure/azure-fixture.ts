import type { Path } from '../../../src/core/path.js';
import { isDocument, type Payload, payloadText } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import type { ProviderContext } from '../../../src/core/provider-kind.js';
import { encodeName } from '../../../src/formats/native-names.js';
import { azureProviderKind } from '../../../src/providers/azure/azure.js';
import type { AzureStandIn } from './azure-stand-in.js';

export type AzureOptions = Parameters<typeof azureProviderKind.create>[0];

/** The provider as a configuration entry makes it; its identity comes from the environment of this process. */
export function azureProvider(
  server: AzureStandIn,
  options: AzureOptions = {},
  more: Partial<ProviderContext> = {},
): Provider {
  return azureProviderKind.create(
    { vault: server.address, ca: server.caFile, ...options },
    {
      name: 'azure',
      inventory: new Map(),
      isProduction: true,
      environment: 'production',
      folder: '/',
      env: {},
      connectStore: () => Promise.reject(new Error('not needed')),
      ...more,
    },
  );
}

/** Writes as `az keyvault secret set` would: a text as it is, a file of bytes with `--encoding base64`. */
export const seedInto = (server: AzureStandIn) => async (path: Path, payload: Payload) => {
  const isBinary = payload.kind === 'binary';
  server.state.seed(encodeName(path), {
    value: isBinary ? Buffer.from(payload.bytes).toString('base64') : payloadText(payload),
    ...(isDocument(payload) && { contentType: 'application/json' }),
    tags: { 'file-encoding': isBinary ? 'base64' : 'utf-8' },
  });
};
