import { unlinkSync } from 'node:fs';
import { errnoOf } from './file-error.js';

/** Removes a file, where there is one. As `rmSync` of Node, for which it loads a part of its own. @throws as `unlinkSync` */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
  }
}
