import type { Clock } from '../../core/clock.js';
import type { Barrier } from '../barrier/barrier.js';
import { createSecretLifecycle } from './secret-lifecycle.js';
import { createSecretReads } from './secret-reads.js';
import type { SecretStore } from './secret-store.js';
import { createSecretWrites } from './secret-writes.js';

/** Versioned secrets as sealed rows. Any number of these may work over one physical store. */
export function createSecretStore(parts: { readonly barrier: Barrier; readonly clock: Clock }): SecretStore {
  return { ...createSecretReads(parts.barrier), ...createSecretWrites(parts), ...createSecretLifecycle(parts) };
}
