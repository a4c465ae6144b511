import type { Client } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import { type Identity, isTokenIdentity } from '../core/identity.js';
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
  /** Who signs in, by the name of the link. */
  readonly identities?: Readonly<Record<string, Identity>> | undefined;
}

/**
 * The provider that a configuration entry describes; does no I/O.
 *
 * @throws KeywardError `invalid` for a prefix that is no path, `config` for an identity that it cannot sign in with.
 */
export function createProvider(entry: ProviderEntry, context: EntryContext): Provider {
  const driver = driverOf(entry);
  const own = providerContext(entry, context);
  const { name, identity } = own;
  if (identity !== undefined && driver.identity !== (isTokenIdentity(identity) ? 'token' : 'keys')) {
    throw new KeywardError('config', `${name} (${entry.kind}) cannot sign in with the identity that was handed to it`, {
      store: name,
      advice: 'azure takes a TokenCredential, aws and ssm take credentials of AWS.',
    });
  }
  return driver.create(entry.options, own);
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

/** The link's name in the chain. */
export function linkName({ kind, options }: ProviderEntry): string {
  return options.name ?? kind;
}

function providerContext(
  entry: ProviderEntry,
  { config, env, connect, identities = {} }: EntryContext,
): ProviderContext {
  const name = linkName(entry);
  return {
    name,
    inventory: config.inventory,
    isProduction: config.production,
    environment: config.environment,
    folder: config.folder,
    env,
    identity: Object.hasOwn(identities, name) ? identities[name] : undefined,
    connectStore: connect,
  };
}
