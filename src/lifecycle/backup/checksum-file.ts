import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { fromUtf8, toHex, utf8 } from '../../crypto/encoding.js';
import { writeOwnedFile } from '../../host/owned-file.js';
import { readPlainFile } from '../../host/plain-file.js';
import { readPieces } from '../../host/streamed-file.js';
import { brokenBackup } from './backup-format.js';

const maxBytes = 4096;

export const checksumSuffix = '.sha256';

/** Writes the checksum of a file beside it, as `sha256sum -c` reads it: no key is needed to find a file that decayed. */
export function writeChecksum(path: string, sha256: string): Promise<void> {
  return writeOwnedFile(path + checksumSuffix, utf8(`${sha256}  ${basename(path)}\n`));
}

/**
 * Compares a file with the checksum beside it. It shows decay, not tampering: whoever can write the one can write both.
 *
 * @throws KeywardError `integrity` when they differ, `not_found` when there is no checksum.
 */
export async function verifyChecksum(path: string): Promise<void> {
  const file = await readPlainFile(path + checksumSuffix, { maxBytes });
  if (file === undefined) throw new KeywardError('not_found', `there is no checksum beside ${path}`, { store: path });
  const hash = createHash('sha256');
  for await (const piece of readPieces(path)) hash.update(piece);
  if (fromUtf8(file.bytes) !== `${toHex(hash.digest())}  ${basename(path)}\n`) {
    throw brokenBackup('it differs from its checksum');
  }
}
