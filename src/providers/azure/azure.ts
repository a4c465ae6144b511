import { resolve } from 'node:path';
import { isTokenIdentity } from '../../core/identity.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';
import { NativeNames } from '../../formats/native-names.js';
import { parseVault } from './azure-vault.js';

const kind = 'azure';
const capabilities: readonly Capability[] = ['list', 'describe', 'write', 'remove', 'restore'];

const options = {
  vault: 'address',
  cloud: 'address',
  prefix: 'prefix',
  naming: 'text',
  names: 'names',
  ca: 'file',
} as const;

export const azureProviderKind = defineProviderKind({ options, identity: 'token', create: createAzureProvider });

/** The secrets of an Azure Key Vault, with the identity that the official package finds by itself. */
function createAzureProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, folder, env } = context;
  const identity = context.identity && isTokenIdentity(context.identity) ? context.identity : undefined;
  const isManaged = [env['IDENTITY_ENDPOINT'], env['MSI_ENDPOINT']].some(Boolean);
  const vault = parseVault(given.vault, given.cloud, name);
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const overrides = new Map(Object.entries(given.names ?? {}).map(([path, own]) => [joinPath(prefix, path), own]));
  const names = new NativeNames(given.naming, {
    store: name,
    maxLength: 127,
    pattern: /^[0-9A-Za-z-]+$/,
    overrides,
  });
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: 'single',
      lacksCheckAndSet: true,
      placeOf: (path) => ({ kind, vault: vault.address.origin, name: names.nameOf(joinPath(prefix, path)) }),
      limits: { maxBytes: 25 * 1024 },
      origin: JSON.stringify([vault.address.origin, prefix, names.naming, ...overrides]),
    },
    capabilities,
    connect: async () => {
      const { connectAzure } = await import('./azure-store.js');
      const ca = given.ca === undefined ? undefined : resolve(folder, given.ca);
      return connectAzure({
        store: name,
        vault,
        prefix,
        names,
        named: new Set(overrides.keys()),
        ca,
        identity,
        isManaged,
      });
    },
  });
}
