import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { concat, utf8 } from '../../crypto/encoding.js';
import { maxLineBytes, parseLine } from './log-line.js';
import { volumePath, volumesIn } from './volume-name.js';

const lineEnd = 0x0a;
const chunkBytes = 256 * 1024;

/**
 * Whether the log in the folder has these bytes as a whole line, where the line with this number belongs. The lines
 * around it are not looked at: a log that holds it at a wrong place is no unbroken chain. A checkpoint is never the
 * first line of a volume.
 *
 * @throws the errors of the disk.
 */
export function holdsCheckpoint(folder: string, sequence: number, bytes: Uint8Array): boolean {
  for (const volume of volumesIn(folder).toReversed()) {
    const descriptor = openSync(volumePath(folder, volume), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const first = firstSequence(descriptor);
      if (first !== undefined && first <= sequence)
        return contains(descriptor, Buffer.from(concat(utf8('\n'), bytes, utf8('\n'))));
    } finally {
      closeSync(descriptor);
    }
  }
  return false;
}

/** `undefined` when the volume is empty or its first line damaged. */
function firstSequence(descriptor: number): number | undefined {
  const start = readAt(descriptor, 0, maxLineBytes + 1);
  const end = start.indexOf(lineEnd);
  return end < 0 ? undefined : parseLine(start.subarray(0, end))?.sequence;
}

/** From the end backwards, where the newest checkpoint is. */
function contains(descriptor: number, wanted: Buffer): boolean {
  for (let end = fstatSync(descriptor).size; ; ) {
    const start = Math.max(0, end - chunkBytes);
    if (readAt(descriptor, start, end - start).includes(wanted)) return true;
    if (start === 0) return false;
    end = start + wanted.length - 1;
  }
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
}
