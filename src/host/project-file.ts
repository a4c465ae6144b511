import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, fileError } from './file-error.js';

const defaultMode = 0o644;

/**
 * Replaces an ordinary file of a project in one step, keeping its mode; a new one gets the given mode less the umask. After a
 * crash there is the old content or the new one.
 *
 * @throws KeywardError `config` when it may not be written there, `unavailable` when the disk is full or fails.
 */
export async function writeProjectFile(path: string, text: string, newMode = defaultMode): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const mode = await modeOf(path);
    const file = await open(temporary, 'wx', mode ?? newMode);
    try {
      await file.writeFile(text);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, 'write', path);
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
