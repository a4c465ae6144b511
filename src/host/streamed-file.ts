import { closeSync, constants, createReadStream, fsyncSync, linkSync, openSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { errnoOf, fileError } from './file-error.js';
import { syncFolder } from './owned-file.js';
import { removeFile } from './remove-file.js';

/** Ends the names of files in the making. */
export const unfinishedSuffix = '.part';

/**
 * Writes a new file of mode 0600 as its content comes, and gives it its name when all is durable and `check` had nothing to
 * say against it. The folder must exist. Ended at any point there is no file of the name, or the whole one.
 *
 * @param check reads what was written, at the path that it is given.
 * @throws KeywardError `conflict` when there is a file of the name, as `fileError` says when it cannot be written; what the
 * content and `check` throw.
 */
export async function writeNewFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  check: (path: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}${unfinishedSuffix}`);
  try {
    removeFile(temporary);
    await writeSynced(temporary, content);
    await check(temporary);
    linkSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new KeywardError('conflict', `${path} exists already`, { store: path });
    throw fileError(error, 'write', path);
  } finally {
    removeFile(temporary);
  }
}

async function writeSynced(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for await (const bytes of content) for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The content of a file, piece by piece. @throws KeywardError as `fileError` says; `not_found` when there is none. */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const bytes: Uint8Array = piece;
      yield bytes;
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new KeywardError('not_found', `there is no file ${path}`, { store: path });
    throw fileError(error, 'read', path);
  }
}
