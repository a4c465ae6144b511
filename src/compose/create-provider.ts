import type { Client } from '../core/client.js';
import type { Provider } from '../core/provider.js';
import type { ProviderContext, ProviderKind } from '../core/provider-kind.js';
import type { ReferenceVariable } from '../core/reference.js';
import type { Config } from './config.js';
import { providers } from './provider-registry.js';
import type { ProviderEntry } from './provider-schemas.js';

/** What the entries of one workspace have in common. */
export interface EntryContext {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opens Keyward's own store at its first use. */
  readonly connect: () => Promise<Client>;
}

/**
 * The provider that a configuration entry describes; does no I/O.
 *
 * @throws KeywardError `invalid` for a prefix that is no path.
 */
export function createProvider(entry: ProviderEntry, context: EntryContext): Provider {
  return driverOf(entry).create(entry.options, providerContext(entry, context));
}

/** The variables that are set to references in the files of the entry. @throws KeywardError as a read of them. */
export async function referencesOf(
  entry: ProviderEntry,
  context: EntryContext,
): Promise<ReadonlyMap<string, ReferenceVariable>> {
  const references = await driverOf(entry).references?.(entry.options, providerContext(entry, context));
  return references ?? new Map();
}

function driverOf({ kind }: ProviderEntry): ProviderKind {
  return providers[kind];
}

function providerContext({ kind, options }: ProviderEntry, { config, env, connect }: EntryContext): ProviderContext {
  return {
    name: options.name ?? kind,
    inventory: config.inventory,
    isProduction: config.production,
    environment: config.environment,
    folder: config.folder,
    env,
    connectStore: connect,
  };
}
