import { KeywardError } from '../../core/errors.js';
import type { AgeIdentity } from '../../crypto/age-identity.js';
import { ageFileKey, openAgeStream } from '../../crypto/age-open.js';
import { concat } from '../../crypto/encoding.js';
import { readPieces } from '../../host/streamed-file.js';
import type { BackupPart } from './backup-format.js';
import { decodeBackup } from './decode-backup.js';

/** A backup whose outer box is open. */
export interface OpenBackup {
  readonly path: string;
  /** Reads the file from its beginning. @throws KeywardError as `decodeBackup`. */
  parts(): AsyncGenerator<BackupPart>;
}

const mostHeaderBytes = 64 * 1024;

/**
 * Opens the file with the first source whose identities fit; a later one is not asked then.
 *
 * @throws KeywardError `sealed` when none fits, `integrity` when it is no age box, `not_found` without a file.
 */
export async function openBackup(
  path: string,
  sources: readonly (() => Promise<readonly AgeIdentity[]>)[],
): Promise<OpenBackup> {
  const beginning = await beginningOf(path);
  for (const source of sources) {
    const fileKey = ageFileKey(beginning, await source());
    if (fileKey !== undefined) return { path, parts: () => decodeBackup(openAgeStream(readPieces(path), fileKey)) };
  }
  throw new KeywardError('sealed', `no key was offered that opens ${path}`, {
    store: path,
    advice: 'Give the recovery key of the store (at a terminal, or --recovery-file), or --identity <file>.',
  });
}

async function beginningOf(path: string): Promise<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of readPieces(path)) {
    held = concat(held, piece);
    if (held.length >= mostHeaderBytes) break;
  }
  return held;
}
