import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { AuditPiece, BackupClient, StoreSnapshot } from '../core/backup.js';
import { KeywardError } from '../core/errors.js';
import { equalBytes } from '../crypto/encoding.js';
import { fileError } from '../host/file-error.js';
import { listFolder } from '../host/list-folder.js';
import { backupKeys, type StoredHeader } from '../store/barrier/header.js';
import type { SealedBarrier } from '../store/barrier/sealed-barrier.js';

export interface BackupSourceParts {
  readonly barrier: SealedBarrier;
  readonly header: { stored(): Promise<StoredHeader> };
  readonly auditFolder: string;
}

const mostAttempts = 3;

/** What is needed to go on with the log elsewhere: who wrote it, and its volumes. */
const auditFile = /^(?:node\.json|[0-9]{6,15}\.log)$/;

/** The store as backups take it, without authorisation or audit: only the door reaches it. */
export function createBackupSource({ barrier, header, auditFolder }: BackupSourceParts): BackupClient {
  return {
    async create(take) {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const before = await header.stored();
        const snapshot: StoreSnapshot = {
          storeId: barrier.storeId,
          header: before.bytes,
          latch: before.latch,
          backupKeys: backupKeys(before),
          rows: () => barrier.snapshot(),
          audit: () => auditPieces(auditFolder),
        };
        const made = await take(snapshot);
        // Rows of a term that began meanwhile would not open with the keyring of before.
        if (equalBytes((await header.stored()).bytes, before.bytes)) return made;
      }
      throw new KeywardError('conflict', 'the keys of the store kept changing while it was backed up', {
        advice: 'Let `keyward store rotate` end, then try again.',
      });
    },
  };
}

async function* auditPieces(folder: string): AsyncGenerator<AuditPiece> {
  const names = listFolder(folder)
    .filter((name) => auditFile.test(name))
    .sort();
  for (const file of names) {
    try {
      for await (const bytes of createReadStream(join(folder, file))) yield { file, bytes };
    } catch (error) {
      throw fileError(error, 'read', join(folder, file));
    }
  }
}
