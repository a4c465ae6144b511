import { resolve } from 'node:path';
import type { Client } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import { parseDirectory } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import type { Config } from './config.js';
import { defaultSecretFiles } from './default-chain.js';
import type { ProviderEntry } from './provider-schemas.js';
import { providers } from './registry.js';

export interface ProviderContext {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opens Keyward's own store at its first use. */
  readonly connect: () => Promise<Client>;
}

/**
 * The provider that a configuration entry describes; does no I/O.
 *
 * @throws KeywardError `config` for a kind that this version does not have, or a prefix that is no path.
 */
export function createProvider(entry: ProviderEntry, context: ProviderContext): Provider {
  const { config, env } = context;
  const name = entry.options.name ?? entry.kind;
  const inventory = config.inventory;
  const isProduction = config.production;
  switch (entry.kind) {
    case 'keyward':
      return providers.keyward({ name, connect: context.connect, prefix: directory(entry.options.prefix, config) });
    case 'env':
      return providers.env({ name, env, inventory, isProduction });
    case 'dotenv':
      return providers.dotenv({
        name,
        inventory,
        isProduction,
        folder: config.folder,
        environment: config.environment,
        files: entry.options.files,
        allowInProduction: entry.options.allowInProduction,
      });
    case 'files':
      return providers.files({
        name,
        inventory,
        root: resolve(config.folder, entry.options.root ?? defaultSecretFiles),
        prefix: directory(entry.options.prefix, config),
        exact: entry.options.exact,
      });
    default:
      throw new KeywardError('config', `this version of Keyward has no provider ${entry.kind}`, {
        store: config.file,
        advice: `It has: ${Object.keys(providers).join(', ')}.`,
      });
  }
}

/** `{env}` in a prefix stands for the environment's name. */
function directory(prefix: string | undefined, config: Config) {
  return prefix === undefined ? undefined : parseDirectory(prefix.replaceAll('{env}', config.environment));
}
