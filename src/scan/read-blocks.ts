import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf, fileError } from '../host/file-error.js';
import type { ListedFile } from './list-files.js';

const blockBytes = 1024 * 1024;
/** No secret is longer; what begins in the last bytes of a block is found whole in the next one. */
export const overlapBytes = 32 * 1024;
/** Of each file at most; what lies behind is told, not read. */
const maxBytes = 256 * blockBytes;

/** Opening a pipe without O_NONBLOCK would wait for its writer. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

const memory = Buffer.alloc(overlapBytes + blockBytes);

export interface Block {
  readonly bytes: Uint8Array;
  /** What was read before, besides the bytes that the former block ended with. */
  readonly offset: number;
  readonly isLast: boolean;
}

/** `none` is what went away or is no regular file; `refused` may not be read. */
export type FileEnd = 'whole' | 'cut short' | 'none' | 'refused';

/**
 * Hands the content of a regular file to `take`, block by block, each of which begins with the end of the former one. The
 * memory of a block is used again.
 *
 * @throws KeywardError `unavailable` when the disk fails.
 */
export function readBlocks(file: ListedFile, take: (block: Block) => void): FileEnd {
  const descriptor = openRegular(file);
  if (typeof descriptor !== 'number') return descriptor;
  try {
    let kept = 0;
    let offset = 0;
    for (;;) {
      const read = fill(descriptor, kept);
      const length = kept + read;
      const isLast = read < memory.length - kept;
      take({ bytes: memory.subarray(0, length), offset, isLast });
      if (isLast) return 'whole';
      if (offset + length >= maxBytes) return 'cut short';
      memory.copyWithin(0, length - overlapBytes, length);
      kept = overlapBytes;
      offset += length - overlapBytes;
    }
  } catch (error) {
    throw fileError(error, 'read', file.shown);
  } finally {
    closeSync(descriptor);
  }
}

function openRegular({ path, shown }: ListedFile): number | 'none' | 'refused' {
  let descriptor: number;
  try {
    descriptor = openSync(path, openFlags);
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'EACCES' || code === 'EPERM') return 'refused';
    if (['ENOENT', 'ELOOP', 'ENXIO', 'ENODEV', 'ENOTDIR'].includes(code)) return 'none';
    throw fileError(error, 'read', shown);
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return 'none';
}

function fill(descriptor: number, from: number): number {
  let at = from;
  while (at < memory.length) {
    const count = readSync(descriptor, memory, at, memory.length - at, null);
    if (count === 0) break;
    at += count;
  }
  return at - from;
}

/** Whether what begins at this place is told of this block, and not of the next one, which has it too. */
export function belongsTo(block: Block, start: number): boolean {
  return block.isLast || start < block.bytes.length - overlapBytes;
}
