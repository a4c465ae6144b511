import { fdatasync, fdatasyncSync, ftruncateSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const synchronise = promisify(fdatasync);

/** What the log does to its files that a disk may refuse. Errors are those of the operating system. */
export interface LogDisk {
  /** Answers how many of the bytes were written, which may be fewer than all. */
  write(descriptor: number, bytes: Uint8Array, position: number): number;
  truncate(descriptor: number, length: number): void;
  /** Resolves when everything written to the file survives the loss of power. */
  sync(descriptor: number): Promise<void>;
  /** The same, before it returns. */
  syncNow(descriptor: number): void;
}

export const systemDisk: LogDisk = {
  write: (descriptor, bytes, position) => writeSync(descriptor, bytes, 0, bytes.length, position),
  truncate: (descriptor, length) => ftruncateSync(descriptor, length),
  sync: (descriptor) => synchronise(descriptor),
  syncNow: (descriptor) => fdatasyncSync(descriptor),
};
