import type { Provider } from '../core/provider.js';

/** Describes a secret as the first link of the chain does that knows of it: its value is the one that is used. */
export function firstDescription(providers: readonly Provider[]): Pick<Provider, 'capabilities' | 'describe'> {
  const describing = providers.filter(({ capabilities }) => capabilities.has('describe'));
  return {
    capabilities: new Set(['describe']),
    async describe(path, options) {
      for (const provider of describing) {
        const described = await provider.describe(path, options);
        if (described !== undefined) return described;
      }
      return undefined;
    },
  };
}
