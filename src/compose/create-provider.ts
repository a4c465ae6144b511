import type { Client } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import type { Provider } from '../core/provider.js';
import type { ProviderContext, ProviderKind } from '../core/provider-kind.js';
import type { ReferenceVariable } from '../core/reference.js';
import type { Config } from './config.js';
import { providers } from './provider-registry.js';
import type { ProviderEntry } from './provider-schemas.js';

const drivers: Readonly<Record<string, ProviderKind>> = providers;

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
 * @throws KeywardError `config` for a kind that this version does not have, `invalid` for a prefix that is no path.
 */
export function createProvider(entry: ProviderEntry, context: EntryContext): Provider {
  return driverOf(entry, context).create(entry.options, providerContext(entry, context));
}

/** The variables that are set to references in the files of the entry. @throws KeywardError as a read of them. */
export async function referencesOf(
  entry: ProviderEntry,
  context: EntryContext,
): Promise<ReadonlyMap<string, ReferenceVariable>> {
  const references = await driverOf(entry, context).references?.(entry.options, providerContext(entry, context));
  return references ?? new Map();
}

function driverOf({ kind }: ProviderEntry, { config }: EntryContext): ProviderKind {
  const driver = drivers[kind];
  if (driver !== undefined) return driver;
  throw new KeywardError('config', `this version of Keyward has no provider ${kind}`, {
    store: config.file,
    advice: `It has: ${Object.keys(drivers).join(', ')}.`,
  });
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
