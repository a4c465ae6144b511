import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BackupSummary, StoreSnapshot } from '../../core/backup.js';
import { KeywardError } from '../../core/errors.js';
import { ageRecipientOf } from '../../crypto/age-identity.js';
import { openAgeStream } from '../../crypto/age-open.js';
import { newAgeFileKey, sealAgeStream } from '../../crypto/age-seal.js';
import { toHex } from '../../crypto/encoding.js';
import { readPieces, writeNewFile } from '../../host/streamed-file.js';
import { type BackupEnd, brokenBackup } from './backup-format.js';
import { backupName, nameOfStore } from './backup-name.js';
import { decodeBackup } from './decode-backup.js';
import { encodeStore } from './encode-backup.js';

export interface BackupTarget {
  /** Of the user's own; it exists. */
  readonly folder: string;
  /** Who can open it beside the slots of the store, as `age1…`. */
  readonly recipients: readonly string[];
  readonly now: Date;
}

/**
 * Writes a backup of the store into the folder and reads it back whole before it has its name.
 *
 * @throws KeywardError `config` when nobody but the store itself could open it; as `writeNewFile`.
 */
export async function writeStoreBackup(snapshot: StoreSnapshot, target: BackupTarget): Promise<BackupSummary> {
  const { storeId, backupKeys } = snapshot;
  const recipients = [...backupKeys.map(({ key }) => ageRecipientOf({ publicKey: key })), ...target.recipients];
  // The key file is lost together with the machine.
  if (target.recipients.length === 0 && !backupKeys.some(({ kind }) => kind === 'recovery')) {
    throw new KeywardError('config', 'nothing that lies away from this machine would open the backup', {
      advice: 'Make a recovery key with `keyward slot add recovery`, or name a recipient with --age or --gpg.',
    });
  }
  const createdAt = target.now;
  const of = { kind: 'store', id: storeId } as const;
  const manifest = { keyward: 'backup', format: 1, of, createdAt: createdAt.toISOString() } as const;
  const name = backupName(nameOfStore(storeId), createdAt);
  return writeSealed(join(target.folder, name), name, recipients, encodeStore(snapshot, manifest));
}

/** Seals what the encoder makes, writes it and reads it back. */
export async function writeSealed(
  path: string,
  name: string,
  recipients: readonly string[],
  encoded: AsyncGenerator<Uint8Array, BackupEnd>,
): Promise<BackupSummary> {
  const fileKey = newAgeFileKey();
  const hash = createHash('sha256');
  let bytes = 0;
  let end: BackupEnd | undefined;
  async function* plaintext() {
    end = yield* encoded;
  }
  async function* content() {
    for await (const piece of sealAgeStream(plaintext(), recipients, fileKey)) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }
  const check = async (written: string) => {
    let isWhole = false;
    for await (const part of decodeBackup(openAgeStream(readPieces(written), fileKey))) {
      if (part.kind === 'end') isWhole = JSON.stringify(part.end) === JSON.stringify(end);
    }
    if (!isWhole) throw brokenBackup('the disk does not hold what was written');
  };
  await writeNewFile(path, content(), check).finally(() => fileKey.fill(0));
  if (end === undefined) throw new KeywardError('internal', 'a backup was written without its end');
  const { rows, secrets, epoch, commit } = end;
  return { name, rows, secrets, epoch, commit, bytes, sha256: toHex(hash.digest()) };
}
