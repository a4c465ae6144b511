import { join } from 'node:path';
import { isKeywardError } from '../core/errors.js';
import { type AgeIdentity, parseAgeIdentities } from '../crypto/age-identity.js';
import { backupIdentity } from '../crypto/backup-identity.js';
import { decodeRecoveryCode } from '../crypto/recovery-code.js';
import { readAgeKeyFile } from '../host/age-key-file.js';
import { listFolder } from '../host/list-folder.js';
import type { Slot } from '../store/barrier/slots/slot.js';
import { offeredSlots, recoveryQuestion } from './offered-slots.js';
import { slots } from './registry.js';
import { folderExists } from './store-exists.js';
import type { StoreLocations } from './store-locations.js';

export interface BackupKeys {
  /** What may open the box of a backup, in the order in which it is tried; the person is asked last. */
  readonly identities: readonly (() => Promise<readonly AgeIdentity[]>)[];
  /** What may open the store in it. */
  readonly offered: (storeId: string) => readonly Slot[];
}

/** What this user has that opens backups. */
export function backupKeys(options: {
  readonly locations: StoreLocations;
  /** A file with age identities. */
  readonly identityFile: string | undefined;
  /** Asks for a passphrase or recovery key, the same question once; absent where nobody can be asked. */
  readonly ask: ((question: string) => Promise<Uint8Array | undefined>) | undefined;
}): BackupKeys {
  const { locations, identityFile, ask } = options;
  const { passphraseFile } = locations;
  return {
    identities: [
      ...(identityFile === undefined ? [] : [() => identitiesIn(identityFile)]),
      () => keyFileIdentities(locations.keyFolder),
      async () => {
        const code = await ask?.(recoveryQuestion);
        return code === undefined || code.length === 0 ? [] : [backupIdentity(decodeRecoveryCode(code))];
      },
    ],
    offered: (storeId) => offeredSlots({ keyFile: locations.keyFile(storeId), passphraseFile, ask, only: undefined }),
  };
}

async function identitiesIn(path: string): Promise<readonly AgeIdentity[]> {
  const file = await readAgeKeyFile(path);
  return parseAgeIdentities(file.bytes, path);
}

async function keyFileIdentities(folder: string): Promise<readonly AgeIdentity[]> {
  if (!(await folderExists(folder))) return [];
  const identities: AgeIdentity[] = [];
  for (const name of listFolder(folder).filter((file) => /^[0-9a-f]{32}\.key$/.test(file))) {
    try {
      const slotKey = await new slots.keyfile(join(folder, name)).unlock({}, { storeId: '', slotId: '' });
      if (slotKey !== undefined) identities.push(backupIdentity(slotKey));
    } catch (error) {
      // It belongs to another store, perhaps; that of this one is told about when the store is opened.
      if (!isKeywardError(error, 'config')) throw error;
    }
  }
  return identities;
}
