import type { Clock } from '../core/clock.js';
import { emptyInventory } from '../core/inventory.js';
import type { Provider } from '../core/provider.js';
import { createSecrets } from '../resolver/create-secrets.js';
import type { Secrets } from '../resolver/secrets.js';

export interface TestSecretsOptions {
  /** The chain, in the order in which it is asked. */
  readonly providers: readonly Provider[];
  /** The host's clock when absent. */
  readonly clock?: Clock | undefined;
  /** As `cache.ttl` and `cache.maxStale` of `keyward.yaml`, in milliseconds: 300,000 and 3,600,000 by default. */
  readonly cache?: { readonly ttlMs?: number | undefined; readonly maxStaleMs?: number | undefined } | undefined;
}

/**
 * What `openSecrets` answers, over the stores that a test hands in: no configuration is read, and the rules of development
 * hold. `close` closes the stores too.
 *
 * @throws KeywardError `config` when two stores have one name.
 */
export function createTestSecrets({ providers, clock, cache = {} }: TestSecretsOptions): Secrets {
  return createSecrets({
    links: providers.map((provider) => ({ provider })),
    inventory: emptyInventory,
    cache,
    environment: 'test',
    production: false,
    clock,
  });
}
