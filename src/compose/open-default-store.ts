import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.js';
import type { Finding } from '../core/finding.js';
import { silentObserver } from '../core/observer.js';
import { isProduction } from './config.js';
import type { StoreRole } from './open-store.js';
import { storeLocations } from './store-locations.js';
import type { OpenedStore } from './workspace.js';

export interface OpenStoreOptions {
  /** Folder of the store; the user's default store when absent. */
  readonly path?: string | undefined;
  /** `library` when absent. */
  readonly role?: StoreRole | undefined;
  /** Name of the environment; decides with the role whether an old store is refused. `production` when absent. */
  readonly environment?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Opens Keyward's own store as its owner, by the key file of this user.
 *
 * @throws KeywardError `config` when there is none or others can read it, `sealed` when the key does not open it,
 * `integrity` when it is damaged, or older than its anchor and the role refuses that.
 */
export async function openStore(options: OpenStoreOptions = {}): Promise<OpenedStore> {
  const env = options.env ?? process.env;
  const path = options.path === undefined ? undefined : resolve(options.path);
  const { openStoreAt } = await import('./open-store.js');
  return openStoreAt({
    locations: storeLocations({ env, home: env['HOME'] || homedir(), path }),
    role: options.role ?? 'library',
    production: isProduction(options.environment ?? 'production'),
    clock: options.clock ?? systemClock,
    observer: { ...silentObserver, finding: options.onFinding ?? silentObserver.finding },
  });
}
