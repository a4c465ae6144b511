import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { access, chmod, close, fsync, link, lstat, mkdir, open, unlink, writeFile } from '../../../host/file-calls.js';
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
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  await createLockFile(folder);
  for (const name of [dataFile, lockFile]) await keepToOwner(folder, name);
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
  const file = await open(path, 'r');
  try {
    await fsync(file);
  } finally {
    await close(file);
  }
}

/**
 * Appears under its name only when complete: LMDB of another process may open it at any moment. The file itself is
 * never opened here, as closing it would drop the locks that LMDB holds on it in this process.
 */
async function createLockFile(folder: string): Promise<void> {
  const target = join(folder, lockFile);
  if (await exists(target)) return;
  const draft = join(folder, `${lockFile}.${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(draft, new Uint8Array(lockFileBytes), { flag: 'wx', mode: 0o600 });
    await link(draft, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function keepToOwner(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  if (!(await exists(path))) return;
  const { mode } = await lstat(path);
  if ((mode & 0o170000) !== 0o100000) throw damagedError(folder, `${name} is not a regular file`);
  if ((mode & 0o077) !== 0) await chmod(path, 0o600);
  // Where LMDB may not write, it ends the whole process instead of saying so.
  await access(path, constants.R_OK | constants.W_OK);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
