import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, fileError } from '../host/file-error.js';
import { syncFolder } from '../host/owned-file.js';

/*
 * A folder cannot take the place of another one in one step. So the new one first gets a name that says that it is
 * complete; then the old one is moved aside, and then the new one has its name. Whoever finds no folder of the name, and a
 * complete one, makes the last step: at no point there is no store.
 */

const completeName = (folder: string) => join(dirname(folder), `.${basename(folder)}-restored`);

/**
 * Puts a complete folder in the place of the one that is there, if any. Answers where that one is now.
 *
 * @param aside where the old one goes; nothing is there.
 * @throws KeywardError as `fileError`. One of the two then has the name.
 */
export function replaceStoreFolder(building: string, folder: string, aside: string): string | undefined {
  try {
    rmSync(completeName(folder), { recursive: true, force: true });
    renameSync(building, completeName(folder));
    syncFolder(dirname(folder));
    const former = moveAside(folder, aside);
    finishReplacement(folder);
    return former;
  } catch (error) {
    throw fileError(error, 'write', folder);
  }
}

/** Makes the last step of a replacement that was cut off. Whether there was one. */
export function finishReplacement(folder: string): boolean {
  if (!existsSync(completeName(folder)) || existsSync(folder)) return false;
  try {
    renameSync(completeName(folder), folder);
    syncFolder(dirname(folder));
    return true;
  } catch (error) {
    // Another process was faster.
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return existsSync(folder);
    throw fileError(error, 'write', folder);
  }
}

function moveAside(folder: string, aside: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  renameSync(folder, aside);
  syncFolder(dirname(folder));
  return aside;
}
