import { dirname } from 'node:path';
import { readByNames } from '../../core/environment-source.js';
import type { Inventory } from '../../core/inventory.js';
import type { Provider } from '../../core/provider.js';
import { defineProviderKind } from '../../core/provider-kind.js';
import { createUnversionedProvider } from '../../core/unversioned-provider.js';
import { readVariable, type Variable } from '../../host/variable.js';
import { lookAtFiles } from '../../host/watch/sight.js';
import { watchFiles } from '../../host/watch/watch-files.js';
import { type DotenvFilesOptions, dotenvPaths, findingsIn, readDotenvFiles, referencesIn } from './dotenv-files.js';

export interface DotenvProviderOptions extends DotenvFilesOptions {
  readonly name: string;
  /** Explicit names of secrets, and the fields of documents. */
  readonly inventory: Inventory;
}

export const dotenvProviderKind = defineProviderKind({
  options: { files: 'files', allowInProduction: 'flag' },
  create: ({ files, allowInProduction }, { name, inventory, isProduction, environment, folder }) =>
    createDotenvProvider({ name, inventory, isProduction, environment, folder, files, allowInProduction }),
  references: ({ files, allowInProduction }, { isProduction, environment, folder }) =>
    referencesIn({ isProduction, environment, folder, files, allowInProduction }),
});

/**
 * `.env` files, found by the names of `lookupNames`, with `NAME_FILE` (a file in the folder of its `.env` file) beside
 * each `NAME`. Read anew at every call. A file with an error in any line is refused as a whole, and in production all
 * are unless `allowInProduction` is set.
 */
export function createDotenvProvider(options: DotenvProviderOptions): Provider {
  const { name, inventory } = options;
  return createUnversionedProvider(name, 'dotenv', {
    async open() {
      const variables = new Map<string, Variable>();
      for (const [rank, { path, content }] of (await readDotenvFiles(options)).entries()) {
        for (const { name, value } of content.entries) variables.set(name, { value, rank, folder: dirname(path) });
      }
      return {
        read: (ref) => readByNames(ref, inventory, (key) => readVariable(key, (variable) => variables.get(variable))),
      };
    },
    watch: (onChange) => watchFiles(() => lookAtFiles(dotenvPaths(options)), onChange),
    inspect: () => findingsIn(options),
  });
}
