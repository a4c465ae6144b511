import { readdirSync } from 'node:fs';
import { fileError } from './file-error.js';

/** The names in a folder, in no order. @throws KeywardError as `fileError` says, when it cannot be read. */
export function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw fileError(error, 'list', path);
  }
}
