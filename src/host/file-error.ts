import { constants } from 'node:os';
import { type ErrorCode, KeywardError } from '../core/errors.js';

/** What the operating system said, where it said so: `ENOENT`, `EACCES` … */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // Node has no name for some numbers of the system; a quota that is used up is one of them.
  if (error.code === 'UNKNOWN' && 'errno' in error && error.errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return error.code;
}

interface Reading {
  readonly code: ErrorCode;
  readonly text: string;
  readonly advice: string;
}

const mistake = (text: string, advice: string): Reading => ({ code: 'config', text, advice });
const outage = (text: string, advice: string): Reading => ({ code: 'unavailable', text, advice });

const readings: Readonly<Record<string, Reading>> = {
  ENOENT: mistake('its folder does not exist', 'Create the folder, or correct the path.'),
  ENOTDIR: mistake('a part of its path is not a folder', 'Correct the path.'),
  EEXIST: mistake('a file of that name is in the way', 'Move the file away, or use another path.'),
  EISDIR: mistake('it is a folder', 'Name a file in it.'),
  ELOOP: mistake('it is a symbolic link', 'Name the file itself, or replace the link by the file.'),
  ENAMETOOLONG: mistake('its name is too long', 'Use a shorter path.'),
  EACCES: mistake('this user is not permitted to', 'See the owner and mode with: ls -ld'),
  EPERM: mistake('this user is not permitted to', 'See the owner and mode with: ls -ld'),
  EROFS: mistake('the file system is read-only', 'Use a folder on a writable file system.'),
  ENOSPC: outage('the disk is full', 'Free some space, then retry.'),
  EDQUOT: outage('the disk quota is used up', 'Free some space, then retry.'),
  EMFILE: outage('too many files are open', 'Raise the limit (ulimit -n), then retry.'),
  ENFILE: outage('too many files are open', 'Close other programs, then retry.'),
};

/**
 * The failure of a file operation in our words: `config` for a wrong path or permission, `unavailable` for a full or
 * failing disk. Errors that are ours already stay as they are.
 */
export function fileError(error: unknown, doing: 'read' | 'write' | 'create' | 'list', path: string): KeywardError {
  if (error instanceof KeywardError) return error;
  const errno = errnoOf(error);
  const { code, text, advice } = readings[errno ?? ''] ?? outage(errno ?? 'unknown failure', 'Check the disk.');
  return new KeywardError(code, `cannot ${doing} ${path}: ${text}`, { store: path, advice, cause: error });
}
