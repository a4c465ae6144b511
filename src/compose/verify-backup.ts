import { isKeywardError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import { emptySum } from '../crypto/set-hash.js';
import {
  type BackupEnd,
  type BackupManifest,
  type BackupPart,
  brokenBackup,
} from '../lifecycle/backup/backup-format.js';
import type { OpenBackup } from '../lifecycle/backup/open-backup.js';
import { describeHeader, type OpenedHeader, unlockHeader } from '../store/barrier/header.js';
import { RowBoxes } from '../store/barrier/row-boxes.js';
import { RowKeys } from '../store/barrier/row-keys.js';
import type { Slot } from '../store/barrier/slots/slot.js';
import { StoreKeys } from '../store/barrier/store-keys.js';
import { verifyAll } from '../store/barrier/verify-all.js';
import type { Row } from '../store/physical/physical-store.js';
import { firstParts } from './build-restored.js';

export interface VerifiedBackup {
  readonly manifest: BackupManifest;
  readonly end: BackupEnd;
  /** `rows`: every row agrees with the accounts of the store; `parts`: what was written is what is there. */
  readonly checked: 'rows' | 'parts';
}

/**
 * Reads a whole backup, nothing of it on disk, and opens every row where something opens the store in it.
 *
 * @throws KeywardError `integrity` naming what is wrong or missing.
 */
export async function verifyBackup(options: {
  readonly backup: OpenBackup;
  readonly offered: (storeId: string) => readonly Slot[];
  readonly onProgress?: OnProgress | undefined;
}): Promise<VerifiedBackup> {
  const { backup, offered, onProgress } = options;
  const parts = backup.parts();
  const { manifest, stored } = await firstParts(parts);
  const { storeId } = describeHeader(stored.bytes);
  const opened = await unlockHeader(stored, offered(storeId)).catch((error: unknown) => {
    if (isKeywardError(error, 'sealed')) return undefined;
    throw error;
  });
  const rest = new RowsOfBackup(parts);
  if (opened !== undefined) await verifyRows(opened, rest, onProgress);
  return { manifest, end: await rest.end(), checked: opened === undefined ? 'parts' : 'rows' };
}

async function verifyRows({ storeId, keyring }: OpenedHeader, rows: RowsOfBackup, onProgress?: OnProgress) {
  const keys = new StoreKeys(keyring);
  const boxes = new RowBoxes(storeId, keys, new RowKeys(keys));
  const floor = { epoch: 0, commit: 0, headHash: emptySum(), rollbackDisputed: false };
  try {
    await verifyAll({ physical: { list: () => rows.read() }, keys, boxes }, floor, { onProgress });
  } finally {
    keys.forget();
  }
}

/** What follows the header of a backup, read once. */
class RowsOfBackup {
  readonly #parts: AsyncGenerator<BackupPart>;
  #end: BackupEnd | undefined;

  constructor(parts: AsyncGenerator<BackupPart>) {
    this.#parts = parts;
  }

  async *read(): AsyncGenerator<Row> {
    for await (const part of this.#parts) {
      if (part.kind === 'rows') for (const row of part.rows) yield { ...row, revision: '' };
      if (part.kind === 'end') this.#end = part.end;
    }
  }

  async end(): Promise<BackupEnd> {
    for await (const part of this.#parts) if (part.kind === 'end') this.#end = part.end;
    if (this.#end === undefined) throw brokenBackup('its end is missing');
    return this.#end;
  }
}
