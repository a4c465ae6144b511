import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import type { Provider } from '../core/provider.js';

/**
 * The provider, except that it does not write under a name which the inventory makes of other secrets: nobody would
 * ever read that value. Removing one that lies there is allowed.
 */
export function refuseDerivedWrites(provider: Provider, inventory: Inventory): Provider {
  return {
    ...provider,
    write: async (path, input, options) => {
      const template = inventory.get(path)?.from;
      if (template === undefined) return provider.write(path, input, options);
      throw new KeywardError('invalid', `${path} is made of other secrets and is not written itself`, {
        path,
        advice: 'Write what its `from` in keyward.yaml names, or take `from` away.',
      });
    },
  };
}
