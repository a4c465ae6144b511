import { readByNames } from '../../core/environment-source.js';
import type { Finding } from '../../core/finding.js';
import type { Inventory } from '../../core/inventory.js';
import type { Provider } from '../../core/provider.js';
import { defineProviderKind } from '../../core/provider-kind.js';
import { createUnversionedProvider } from '../../core/unversioned-provider.js';
import { readVariable, type Variable } from '../../host/variable.js';

export interface EnvProviderOptions {
  readonly name: string;
  /** Looked into at every read, so a change is seen at once. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Explicit names of secrets, and the fields of documents. */
  readonly inventory: Inventory;
  /** Where it is a last resort, the health says so. */
  readonly isProduction: boolean;
}

export const envProviderKind = defineProviderKind({
  options: {},
  create: (_options, { name, env, inventory, isProduction }) =>
    createEnvProvider({ name, env, inventory, isProduction }),
});

/** Environment variables, found by the names of `lookupNames`, with `NAME_FILE` beside each `NAME`. */
export function createEnvProvider(options: EnvProviderOptions): Provider {
  const { name, env, inventory, isProduction } = options;
  const find = (variable: string): Variable | undefined => {
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    return value === undefined ? undefined : { value, rank: 0 };
  };
  return createUnversionedProvider(name, 'env', {
    open: async () => ({
      read: (ref) => readByNames(ref, inventory, (variable) => readVariable(variable, find)),
    }),
    inspect: async () => (isProduction ? [exposedIn(name)] : []),
  });
}

function exposedIn(name: string): Finding {
  return {
    severity: 'warning',
    where: name,
    cause: 'environment variables serve secrets in production: child processes, crash reports and logs get them too',
    fix: 'Move them to a managed store with `keyward import`, or name files with NAME_FILE.',
  };
}
