import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { errnoOf } from '../host/file-error.js';
import { ensureOwnedFolder, readOwnedFile } from '../host/owned-file.js';

export const headerFileName = 'header.kw';

const maxHeaderBytes = 1024 * 1024;

/**
 * The header of the store in the folder.
 *
 * @throws KeywardError `config` when there is no store there, or others can read the folder or the header.
 */
export async function readStoreHeader(folder: string): Promise<Uint8Array> {
  const bytes = (await folderExists(folder)) ? await readHeaderFile(folder) : undefined;
  if (bytes === undefined) {
    throw new KeywardError('config', `there is no store at ${folder}`, { store: folder, advice: 'Run: keyward init' });
  }
  return bytes;
}

export async function storeExists(folder: string): Promise<boolean> {
  return folderExists(join(folder, headerFileName));
}

async function readHeaderFile(folder: string): Promise<Uint8Array | undefined> {
  await ensureOwnedFolder(folder);
  return readOwnedFile(join(folder, headerFileName), { maxBytes: maxHeaderBytes });
}

/** Whether there is something at the path. @throws KeywardError `config` when that cannot be told. */
export async function folderExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw new KeywardError('config', `cannot look at ${path}`, {
      store: path,
      advice: 'Check the owner and mode of its folders.',
      cause: error,
    });
  }
}
