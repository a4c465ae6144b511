import { closeSync, constants, existsSync, fstatSync, fsyncSync, openSync, readSync, statSync } from 'node:fs';
import { KeywardError } from '../../core/errors.js';
import { errnoOf } from '../../host/file-error.js';
import type { LogDisk } from './log-disk.js';
import { volumePath } from './volume-name.js';

const chunkBytes = 256 * 1024;

/** One open volume. */
export class VolumeFile {
  readonly name: string;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #disk: LogDisk;

  private constructor(name: string, path: string, descriptor: number, disk: LogDisk) {
    this.name = name;
    this.#path = path;
    this.#descriptor = descriptor;
    this.#disk = disk;
  }

  /** Opens the volume; `create` makes it when it is not there, and its name durable. */
  static open(folder: string, name: string, disk: LogDisk, { create }: { create: boolean }): VolumeFile {
    const path = volumePath(folder, name);
    const isNew = create && !existsSync(path);
    const flags = constants.O_RDWR | constants.O_NOFOLLOW | (isNew ? constants.O_CREAT | constants.O_EXCL : 0);
    const descriptor = openSync(path, flags, 0o600);
    if (isNew) syncFolder(folder);
    return new VolumeFile(name, path, descriptor, disk);
  }

  get size(): number {
    return fstatSync(this.#descriptor).size;
  }

  /** What is wrong with the file's place in its folder: it was removed, or another one put there. */
  displacement(): string | undefined {
    const own = fstatSync(this.#descriptor);
    try {
      const there = statSync(this.#path);
      if (there.ino !== own.ino || there.dev !== own.dev) return 'was replaced';
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
      return 'was removed';
    }
    return own.nlink === 1 ? undefined : 'has more than one name';
  }

  /** Bytes from the offset to the end, in chunks. */
  *read(offset: number): Generator<Uint8Array> {
    for (let at = offset; ; ) {
      const chunk = new Uint8Array(chunkBytes);
      const length = readSync(this.#descriptor, chunk, 0, chunk.length, at);
      if (length === 0) return;
      at += length;
      yield chunk.subarray(0, length);
    }
  }

  /** Writes all of the bytes; when that fails, cuts the file back to where it was. @throws the disk's error */
  write(bytes: Uint8Array, position: number): void {
    try {
      for (let written = 0; written < bytes.length; ) {
        const length = this.#disk.write(this.#descriptor, bytes.subarray(written), position + written);
        if (length === 0) throw new KeywardError('unavailable', `${this.#path} does not take any more bytes`);
        written += length;
      }
    } catch (error) {
      this.cut(position);
      throw error;
    }
  }

  cut(length: number): void {
    if (this.size > length) this.#disk.truncate(this.#descriptor, length);
  }

  sync(): Promise<void> {
    return this.#disk.sync(this.#descriptor);
  }

  syncNow(): void {
    this.#disk.syncNow(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
