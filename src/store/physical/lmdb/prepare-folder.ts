import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { damagedError } from './lmdb-errors.js';

export const dataFile = 'data.mdb';
export const lockFile = 'lock.mdb';

/** Room for about a thousand readers. Written out in full, because a hole in a mapped file on a full disk is fatal. */
const lockFileBytes = 64 * 1024;

/**
 * Makes the folder (0700) and its lock file (0600) where they are missing, and takes away the rights of others on files
 * that have too many.
 */
export async function prepareFolder(folder: string): Promise<void> {
  const firstMade = mkdirSync(folder, { recursive: true, mode: 0o700 });
  createLockFile(folder);
  for (const name of [dataFile, lockFile]) keepToOwner(folder, name);
  if (firstMade !== undefined) await syncNames(folder, firstMade);
}

/** Makes the names of a folder, and of the new ones above it up to the first, survive the loss of power. */
async function syncNames(folder: string, first: string): Promise<void> {
  for (let made = resolve(folder); made.length >= resolve(first).length; made = dirname(made)) {
    await sync(dirname(made));
  }
}

/** Makes the content of a file, or the names in a folder, survive the loss of power. */
export async function sync(path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await promisify(fsync)(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Appears under its name only when complete: LMDB of another process may open it at any moment. The file itself is
 * never opened here, as closing it would drop the locks that LMDB holds on it in this process.
 */
function createLockFile(folder: string): void {
  const target = join(folder, lockFile);
  if (statsOf(target) !== undefined) return;
  const draft = join(folder, `${lockFile}.${randomBytes(8).toString('hex')}`);
  try {
    writeFileSync(draft, new Uint8Array(lockFileBytes), { flag: 'wx', mode: 0o600 });
    linkSync(draft, target);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function keepToOwner(folder: string, name: string): void {
  const path = join(folder, name);
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (!stats.isFile()) throw damagedError(folder, `${name} is not a regular file`);
  if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o600);
  // Where LMDB may not write, it ends the whole process instead of saying so.
  accessSync(path, constants.R_OK | constants.W_OK);
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Whether the error says that there is no such file. */
export function isAbsence(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
