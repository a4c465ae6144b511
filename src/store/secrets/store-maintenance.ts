import { KeywardError } from '../../core/errors.js';
import type { MaintenanceClient } from '../../core/maintenance.js';
import { currentTerm, type Keyring } from '../barrier/keyring.js';
import type { KeyringPlace } from '../barrier/keyring-place.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import { replaceKeys } from './replace-keys.js';
import { isRotating, type RotationParts, rewrap, startTerm } from './term-rotation.js';

export interface MaintenanceParts extends RotationParts {
  readonly keyring: KeyringPlace & {
    replaceRoot(change: { readonly keyring?: (present: Keyring) => Keyring }): Promise<unknown>;
    forget(): void;
  };
  readonly physical: PhysicalStore;
  /** Acts while no other process has the store open. @throws KeywardError `conflict` that names those that have. */
  readonly alone: <T>(act: () => Promise<T>) => Promise<T>;
}

/** The work on the store as a whole, without authorisation or audit: only the door reaches it. */
export function createMaintenance(parts: MaintenanceParts): MaintenanceClient {
  const { barrier, keyring, physical } = parts;
  return {
    async status() {
      const now = await keyring.read();
      const rollback = await barrier.rollbackStatus();
      return { term: currentTerm(now).term, isRotating: isRotating(now), rollback };
    },

    async rotate({ onProgress } = {}) {
      const before = await keyring.read();
      const resumed = isRotating(before);
      const term = resumed ? currentTerm(before).term : await startTerm(parts);
      await rewrap(parts, { onProgress });
      return { term, resumed };
    },

    /**
     * In this order, so that the store opens whatever happens in between: rows and keyring go together by their terms,
     * the root only seals the keyring, and new files hold the same rows as the old ones.
     */
    shred: ({ onProgress } = {}) =>
      parts.alone(async () => {
        if ((await keyring.read()).next !== undefined) return { term: await replaceKeys(parts, { onProgress }) };
        const term = await startTerm(parts);
        await rewrap(parts, { onProgress });
        await keyring.replaceRoot({});
        onProgress?.({ step: 'compacting', part: 0 });
        await physical.compact();
        await barrier.verifyAll({ onProgress });
        return { term };
      }),

    async acceptRollback() {
      const { isDisputed } = await barrier.rollbackStatus();
      if (!isDisputed) {
        throw new KeywardError('conflict', 'the store agrees with its anchor: there is no rollback to accept', {
          advice: 'Nothing has to be done.',
        });
      }
      return barrier.acceptRollback();
    },
  };
}
