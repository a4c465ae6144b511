import { closeSync, constants, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { randomBytes } from '../../crypto/random.js';
import type { LogDisk } from './log-disk.js';

const reserveBytes = 64 * 1024;

/**
 * Room that is set aside so that a full disk can still be told in the log. Random bytes, since a file system may store
 * zeros without taking any room.
 */
export class ReserveFile {
  readonly #path: string;
  readonly #disk: LogDisk;

  constructor(folder: string, disk: LogDisk) {
    this.#path = join(folder, 'reserve');
    this.#disk = disk;
  }

  /** @throws the disk's error when there is no room for it; nothing is left of it then. */
  ensure(): void {
    if (existsSync(this.#path)) return;
    const descriptor = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      const bytes = randomBytes(reserveBytes);
      for (let written = 0; written < bytes.length; ) {
        const length = this.#disk.write(descriptor, bytes.subarray(written), written);
        if (length === 0) throw new KeywardError('unavailable', `${this.#path} does not take any more bytes`);
        written += length;
      }
    } catch (error) {
      this.free();
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  free(): void {
    rmSync(this.#path, { force: true });
  }
}
