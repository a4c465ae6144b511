import { join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { stat } from '../host/file-calls.js';
import { errnoOf } from '../host/file-error.js';
import { headerFileName } from '../store/barrier/header-name.js';
import { finishReplacement } from './store-replacement.js';

/** Whether a store was initialised in the folder. @throws KeywardError `config` when that cannot be told. */
export async function storeExists(folder: string): Promise<boolean> {
  return (await folderExists(join(folder, headerFileName))) || finishReplacement(folder);
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
