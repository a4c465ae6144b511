import type { Provider } from '../core/provider.js';

/**
 * The provider, telling after each change that was tried through it: also after one that failed, since it may have been
 * made nevertheless.
 */
export function reportingWrites(provider: Provider, onWritten: () => void): Provider {
  const reported = <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      try {
        return await change.apply(provider, args);
      } finally {
        onWritten();
      }
    };
  };
  return {
    name: provider.name,
    kind: provider.kind,
    traits: provider.traits,
    capabilities: provider.capabilities,
    read: (ref, options) => provider.read(ref, options),
    readMany: (refs, options) => provider.readMany(refs, options),
    list: (directory, options) => provider.list(directory, options),
    describe: (path, options) => provider.describe(path, options),
    health: (options) => provider.health(options),
    watch: (directory, onChange) => provider.watch(directory, onChange),
    close: () => provider.close(),
    write: reported(provider.write),
    remove: reported(provider.remove),
    restore: reported(provider.restore),
    stage: reported(provider.stage),
  };
}
