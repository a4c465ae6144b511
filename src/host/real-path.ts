import { join, sep } from 'node:path';
import { realpath } from './file-calls.js';
import { errnoOf, fileError } from './file-error.js';

/**
 * The path without any symbolic link; `undefined` when there is nothing.
 *
 * @throws KeywardError `config` when it may not be looked at, `unavailable` when the disk fails.
 */
export async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path);
  }
}

/** Whether a real path lies below the folder, whose own path may have symbolic links. @throws as `realPath` */
export async function isBelowFolder(path: string, folder: string): Promise<boolean> {
  const real = await realPath(folder);
  return real !== undefined && path.startsWith(join(real, sep));
}
