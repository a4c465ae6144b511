import { join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { userFolders } from './folders.js';
import { readOwnedFile } from './owned-file.js';

export interface AgeKeyFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const maxBytes = 64 * 1024;

/** Where the age identities of a user are: the file that `KEYWARD_AGE_KEY_FILE` names, else one of their own. */
export function ageKeyPath(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return env['KEYWARD_AGE_KEY_FILE'] || join(userFolders(env, home).config, 'age', 'identity.txt');
}

/** @throws KeywardError `sealed` when there is no such file; as `readOwnedFile` for one that others can read. */
export async function readAgeKeyFile(path: string): Promise<AgeKeyFile> {
  const bytes = await readOwnedFile(path, { maxBytes });
  if (bytes !== undefined) return { path, bytes };
  throw new KeywardError('sealed', `there is no age identity in ${path}`, {
    store: path,
    advice: 'Make one with `keyward seal init`, or name a file with KEYWARD_AGE_KEY_FILE.',
  });
}
