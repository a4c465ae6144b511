import { closeSync, constants, fsyncSync, linkSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { lstat, mkdir } from './file-calls.js';
import { errnoOf, fileError } from './file-error.js';
import { type ReadLimit, readPlainFile } from './plain-file.js';
import { removeFile } from './remove-file.js';
import { assertTrustedRoute, isOwnOrRoot, shellQuoted } from './trusted-route.js';

/**
 * The content of a file that only its owner may read; `undefined` when there is no such file. It must be a regular file
 * (no symbolic link) of this user or root, with a mode no wider than 0600, and lie where nobody else can replace it.
 *
 * @throws KeywardError `config` with the command that repairs it, `too_large` over the limit, `unavailable` when the
 * disk fails.
 */
export async function readOwnedFile(path: string, limit: ReadLimit): Promise<Uint8Array | undefined> {
  const file = await readPlainFile(path, {
    ...limit,
    noFollow: true,
    accept: (stats) => {
      if (!isOwnOrRoot(stats.uid)) {
        throw refusal(path, `belongs to another user (id ${stats.uid})`, 'Use a file of your own, and not this one.');
      }
      if ((stats.mode & 0o177) !== 0) {
        const advice = `Run: chmod 600 ${shellQuoted(path)}`;
        throw refusal(path, `has mode ${octal(stats.mode)}, which is wider than 0600`, advice);
      }
      assertTrustedRoute(path);
    },
  });
  return file?.bytes;
}

export interface WriteOwnedOptions {
  /** Refuses to replace a file that is there. */
  readonly exclusive?: boolean;
  /** What to do then, for the message. */
  readonly otherwise?: string;
}

/**
 * Writes the file with mode 0600 so that after any crash it holds the old content or the new one, never a part; durable
 * when it resolves. The folder must exist. Meant for small files: it blocks while it writes and syncs.
 *
 * @throws KeywardError `conflict` when `exclusive` is set and the file exists, `config` when it may not be written
 * there, `unavailable` when the disk is full or fails. The old content is then still there.
 */
export async function writeOwnedFile(path: string, bytes: Uint8Array, options: WriteOwnedOptions = {}): Promise<void> {
  replace(path, bytes, options);
}

/** As `writeOwnedFile`, for callers that must not give up their turn. */
export function writeOwnedFileSync(path: string, bytes: Uint8Array): void {
  replace(path, bytes, {});
}

/**
 * Makes sure that the folder exists and is for its owner alone: creates it, and the parents it lacks, with mode 0700.
 *
 * @throws KeywardError `config` when it is a symbolic link, no folder, another user's, or open to others (with the
 * command that closes it).
 */
export async function ensureOwnedFolder(path: string): Promise<void> {
  // Without the trailing slash, which would make lstat look through a link.
  const folder = resolve(path);
  try {
    const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (firstMade !== undefined) syncNames(folder, firstMade);
    const stats = await lstat(folder);
    if (!stats.isDirectory()) {
      throw refusal(folder, 'is a symbolic link, not a folder', 'Name the folder itself.');
    }
    if (!isOwnOrRoot(stats.uid)) {
      throw refusal(folder, `belongs to another user (id ${stats.uid})`, 'Use a folder of your own.');
    }
    if ((stats.mode & 0o077) !== 0) {
      const advice = `Run: chmod 700 ${shellQuoted(folder)}`;
      throw refusal(folder, `has mode ${octal(stats.mode)}, so that others can look into it`, advice);
    }
  } catch (error) {
    throw fileError(error, 'create', folder);
  }
}

function replace(path: string, bytes: Uint8Array, options: WriteOwnedOptions): void {
  const { exclusive = false, otherwise = 'Use the existing file, name another, or move it away first.' } = options;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${Math.random().toString(16).slice(2)}.tmp`);
  try {
    writeSynced(temporary, bytes);
    if (exclusive) linkSync(temporary, path);
    else renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    if (exclusive && errnoOf(error) === 'EEXIST') {
      throw new KeywardError('conflict', `${path} exists already`, { store: path, advice: otherwise });
    }
    throw fileError(error, 'write', path);
  } finally {
    removeFile(temporary);
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Keeps the names of a folder, and of the new ones above it up to the first, through a loss of power. */
function syncNames(folder: string, first: string): void {
  for (let made = folder; made.length >= resolve(first).length; made = dirname(made)) syncFolder(dirname(made));
}

/** Makes the names in the folder survive a loss of power. */
export function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function refusal(path: string, problem: string, advice: string): KeywardError {
  return new KeywardError('config', `${path} ${problem}`, { store: path, advice });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
