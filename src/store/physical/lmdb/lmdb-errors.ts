import { isKeywardError, KeywardError } from '../../../core/errors.js';

const damageCodes: ReadonlySet<unknown> = new Set([
  -30797, // MDB_PAGE_NOTFOUND
  -30796, // MDB_CORRUPTED
  -30794, // MDB_VERSION_MISMATCH
  -30793, // MDB_INVALID
]);

export function damagedError(folder: string, what: string, cause?: unknown): KeywardError {
  return new KeywardError('integrity', `the files in ${folder} are damaged: ${what}`, { store: folder, cause });
}

/** What a failure of LMDB or of the file system under it means: `integrity` for damage, else `unavailable`. */
export function storageError(folder: string, during: string, error: unknown): KeywardError {
  if (isKeywardError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = reasonOf(error, typeof code === 'number');
  if (damageCodes.has(code)) return damagedError(folder, reason, error);
  return new KeywardError('unavailable', `${during} in ${folder} failed: ${reason}`, {
    store: folder,
    advice: 'See that the disk has space, works, and that the folder belongs to you; then retry.',
    cause: error,
  });
}

/** LMDB tells addresses and sizes behind a colon. */
function reasonOf(error: unknown, isOfLmdb: boolean): string {
  const message = error instanceof Error ? error.message : 'unknown reason';
  return isOfLmdb ? message.replace(/:.*/s, '') : message;
}
