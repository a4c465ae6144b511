import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, fileError } from '../../host/file-error.js';
import { writeOwnedFileSync } from '../../host/owned-file.js';
import { parseLine } from './log-line.js';

/** The newest checkpoint line, beside the log. A log that is cut behind it shows against it. */
export class CheckpointCopy {
  readonly name = 'checkpoint.json';
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, this.name);
  }

  /** `undefined` when no checkpoint was made yet. */
  read(): Uint8Array | undefined {
    try {
      return Uint8Array.from(readFileSync(this.#path));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw fileError(error, 'read', this.#path);
    }
  }

  /** Replaces an older checkpoint, never a newer one: that would hide that the log was cut. */
  advance(checkpoint: Uint8Array): void {
    const there = this.read();
    const old = there && parseLine(there);
    const sequence = parseLine(checkpoint)?.sequence ?? 0;
    if (old === undefined || old.sequence < sequence) writeOwnedFileSync(this.#path, checkpoint);
  }
}
