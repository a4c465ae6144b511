import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditPiece } from '../core/backup.js';
import type { Clock } from '../core/clock.js';
import { silentObserver } from '../core/observer.js';
import type { OnProgress } from '../core/progress.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import {
  type BackupEnd,
  type BackupManifest,
  type BackupPart,
  brokenBackup,
} from '../lifecycle/backup/backup-format.js';
import type { OpenBackup } from '../lifecycle/backup/open-backup.js';
import { describeHeader, type OpenedHeader, type StoredHeader, unlockHeader } from '../store/barrier/header.js';
import type { SealedBarrier } from '../store/barrier/sealed-barrier.js';
import { openSealedStore } from '../store/barrier/sealed-store.js';
import type { Slot } from '../store/barrier/slots/slot.js';
import type { NewRow, PhysicalStore } from '../store/physical/physical-store.js';
import { physicalStores } from './registry.js';

export interface BuildOptions {
  readonly backup: OpenBackup;
  /** An empty folder of the user's own. */
  readonly folder: string;
  /** Where files of the audit log go; they are passed over without one. */
  readonly auditFolder?: ((storeId: string) => string | undefined) | undefined;
  /** What may open the store, once its header is known. */
  readonly offered: (storeId: string) => readonly Slot[];
  readonly clock: Clock;
  readonly onProgress?: OnProgress | undefined;
}

/** The store of a backup, in files of its own and verified, but without a header in its folder. */
export interface BuiltStore {
  readonly manifest: BackupManifest;
  readonly end: BackupEnd;
  readonly stored: StoredHeader;
  readonly opened: OpenedHeader;
  readonly physical: PhysicalStore;
  readonly barrier: SealedBarrier;
  close(): Promise<void>;
}

/**
 * Puts the rows of a backup into new files and verifies all of them against the accounts of the store.
 *
 * @throws KeywardError `integrity` when backup or store are not as they were written, `sealed` when nothing opens the
 * store, `invalid` for a backup of another store than Keyward's own.
 */
export async function buildRestored(options: BuildOptions): Promise<BuiltStore> {
  const { folder, clock, onProgress } = options;
  const parts = options.backup.parts();
  const { manifest, stored } = await firstParts(parts);
  const { storeId } = describeHeader(stored.bytes);
  const opened = await unlockHeader(stored, options.offered(storeId));
  const physical = physicalStores.lmdb({ folder, clock });
  try {
    let end: BackupEnd | undefined;
    await physical.replaceAll(async (put) => {
      end = await takeRows(parts, put, options.auditFolder?.(storeId));
      onProgress?.({ step: 'restoring', part: 1 });
    });
    if (end === undefined) throw brokenBackup('its end is missing');
    const { keyring } = opened;
    const barrier = await openSealedStore({
      physical,
      storeId,
      keyring,
      clock,
      onRollback: 'warn',
      observer: silentObserver,
    });
    await barrier.verifyAll({ onProgress });
    const close = async () => {
      await barrier.close();
      await physical.close();
    };
    return { manifest, end, stored, opened, physical, barrier, close };
  } catch (error) {
    await physical.close();
    throw error;
  }
}

/** The parts before the rows. */
export async function firstParts(
  parts: AsyncGenerator<BackupPart>,
): Promise<{ readonly manifest: BackupManifest; readonly stored: StoredHeader }> {
  const [manifest, header, latch] = [await next(parts), await next(parts), await next(parts)];
  if (manifest?.kind !== 'manifest' || header?.kind !== 'header' || latch?.kind !== 'latch') {
    throw brokenBackup('it is not one of a store of Keyward');
  }
  return { manifest: manifest.manifest, stored: { bytes: header.bytes, latch: latch.bytes } };
}

async function next(parts: AsyncGenerator<BackupPart>): Promise<BackupPart | undefined> {
  const { done, value } = await parts.next();
  return done === true ? undefined : value;
}

async function takeRows(
  parts: AsyncGenerator<BackupPart>,
  put: (rows: readonly NewRow[]) => Promise<void>,
  auditFolder: string | undefined,
): Promise<BackupEnd | undefined> {
  let end: BackupEnd | undefined;
  for (let part = await next(parts); part !== undefined; part = await next(parts)) {
    if (part.kind === 'rows') await put(part.rows);
    if (part.kind === 'audit' && auditFolder !== undefined) await addPiece(auditFolder, part.piece);
    if (part.kind === 'end') end = part.end;
  }
  return end;
}

async function addPiece(folder: string, { file, bytes }: AuditPiece): Promise<void> {
  if (!/^(?:node\.json|[0-9]{6,15}\.log)$/.test(file)) throw brokenBackup('its audit names a file that no log has');
  await ensureOwnedFolder(folder);
  await appendFile(join(folder, file), bytes, { mode: 0o600 });
}
