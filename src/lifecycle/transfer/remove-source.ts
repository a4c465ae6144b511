import { lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import type { ImportSource } from './import-source.js';

/** @throws KeywardError `conflict` unless both hold the same names with the same values. */
export function assertUnchanged(before: ImportSource, after: ImportSource, shownAs: string): void {
  const values = new Map(after.pairs.map((pair) => [pair.where + pair.name, pair.value]));
  const isSame = before.pairs.every(({ where, name, value }) => values.get(where + name)?.equals(value) === true);
  if (isSame && before.pairs.length === after.pairs.length) return;
  throw new KeywardError('conflict', `${shownAs} was changed meanwhile; nothing was removed`, {
    store: shownAs,
    advice: 'Import it again, then finish.',
  });
}

/**
 * Removes the files of the source, and for a folder the folders that this leaves empty. Answers whether other names of
 * one of the files remain (hard links).
 *
 * @param folder the source when it is one.
 * @throws KeywardError `config` when a file is a symbolic link or may not be removed.
 */
export async function removeSource({ files }: ImportSource, folder: string | undefined): Promise<boolean> {
  let hasOtherNames = false;
  try {
    for (const file of files) {
      const stats = await lstat(file);
      if (stats.isSymbolicLink()) {
        throw new KeywardError('config', `${file} is a symbolic link; nothing was removed`, {
          store: file,
          advice: 'Finish with the file that it leads to.',
        });
      }
      hasOtherNames ||= stats.nlink > 1;
    }
    for (const file of files) await unlink(file);
  } catch (error) {
    throw fileError(error, 'write', files[0] ?? '');
  }
  if (folder !== undefined) for (const file of files) await removeEmpty(dirname(file), folder);
  return hasOtherNames;
}

async function removeEmpty(path: string, top: string): Promise<void> {
  if (!`${path}/`.startsWith(`${top}/`)) return;
  try {
    await rmdir(path);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return;
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'write', path);
  }
  if (path !== top) await removeEmpty(dirname(path), top);
}
