import { KeywardError } from '../core/errors.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import type { StoredHeader } from '../store/barrier/header.js';
import { readHeader } from '../store/barrier/header-file.js';
import { folderExists } from './store-exists.js';
import { finishReplacement } from './store-replacement.js';

/**
 * The header of the store in the folder.
 *
 * @throws KeywardError `config` when there is no store there, or others can read the folder or the header; `integrity`
 * when it is damaged, or its latch is missing.
 */
export async function readStoreHeader(folder: string): Promise<StoredHeader> {
  const header = (await folderExists(folder)) || finishReplacement(folder) ? await readHeaderIn(folder) : undefined;
  if (header === undefined) {
    throw new KeywardError('config', `there is no store at ${folder}`, { store: folder, advice: 'Run: keyward init' });
  }
  return header;
}

async function readHeaderIn(folder: string): Promise<StoredHeader | undefined> {
  await ensureOwnedFolder(folder);
  return readHeader(folder);
}
