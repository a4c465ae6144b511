import type { Client } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import type { Provider } from '../core/provider.js';
import type { ProviderKind } from '../core/provider-kind.js';
import type { Config } from './config.js';
import type { ProviderEntry } from './provider-schemas.js';
import { providers } from './registry.js';

const drivers: Readonly<Record<string, ProviderKind>> = providers;

/**
 * The provider that a configuration entry describes; does no I/O.
 *
 * @throws KeywardError `config` for a kind that this version does not have, `invalid` for a prefix that is no path.
 */
export function createProvider(
  { kind, options }: ProviderEntry,
  context: {
    readonly config: Config;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** Opens Keyward's own store at its first use. */
    readonly connect: () => Promise<Client>;
  },
): Provider {
  const { config, env, connect } = context;
  const driver = drivers[kind];
  if (driver === undefined) {
    throw new KeywardError('config', `this version of Keyward has no provider ${kind}`, {
      store: config.file,
      advice: `It has: ${Object.keys(drivers).join(', ')}.`,
    });
  }
  return driver.create(options, {
    name: options.name ?? kind,
    inventory: config.inventory,
    isProduction: config.production,
    environment: config.environment,
    folder: config.folder,
    env,
    connectStore: connect,
  });
}
