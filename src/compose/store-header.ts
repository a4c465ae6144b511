import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { errnoOf } from '../host/file-error.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import type { StoredHeader } from '../store/barrier/header.js';
import { headerFileName, readHeader } from '../store/barrier/header-file.js';

/**
 * The header of the store in the folder.
 *
 * @throws KeywardError `config` when there is no store there, or others can read the folder or the header; `integrity`
 * when it is damaged, or its latch is missing.
 */
export async function readStoreHeader(folder: string): Promise<StoredHeader> {
  const header = (await folderExists(folder)) ? await readHeaderIn(folder) : undefined;
  if (header === undefined) {
    throw new KeywardError('config', `there is no store at ${folder}`, { store: folder, advice: 'Run: keyward init' });
  }
  return header;
}

export async function storeExists(folder: string): Promise<boolean> {
  return folderExists(join(folder, headerFileName));
}

async function readHeaderIn(folder: string): Promise<StoredHeader | undefined> {
  await ensureOwnedFolder(folder);
  return readHeader(folder);
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
