import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../../crypto/encoding.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import { writeOwnedFileSync } from '../../host/owned-file.js';
import { holdsCheckpoint } from './holds-checkpoint.js';
import { type CheckpointLine, parseLine } from './log-line.js';

/**
 * `checkpoint.json`, the newest checkpoint line, beside the log: a log that is cut behind it shows against it. Once the
 * log does not hold that line any more the copy is the witness of a cut, and is kept for good, as
 * `checkpoint-<number of the line>.lost.json`.
 *
 * Its methods are called inside the sequencer's turn only.
 */
export class CheckpointCopy {
  readonly name = 'checkpoint.json';
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, this.name);
  }

  /** Number of the line that the copy is of; infinite without one. It was synced, with every line before it. */
  signedTo(): number {
    const bytes = this.#read();
    return (bytes && checkpointOf(bytes)?.sequence) ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Keeps the copy aside when the log does not hold it. Answers the number of its line then, 0 when it is no checkpoint,
   * and `undefined` when nothing is wrong or there is no copy.
   *
   * @throws KeywardError `unavailable` when the disk fails.
   */
  setAsideIfLost(): number | undefined {
    const bytes = this.#read();
    if (bytes === undefined) return undefined;
    const line = checkpointOf(bytes);
    if (line !== undefined && holdsCheckpoint(this.#folder, line.sequence, bytes)) return undefined;
    const sequence = line?.sequence ?? 0;
    this.#keep(`checkpoint-${sequence}`, bytes);
    return sequence;
  }

  /**
   * Puts a checkpoint that the log holds in the place of an older one of the same log. Answers as `setAsideIfLost` what
   * had to be kept aside for it.
   */
  advance(checkpoint: Uint8Array): number | undefined {
    const lost = this.setAsideIfLost();
    const there = this.#read();
    const old = there && checkpointOf(there);
    const sequence = checkpointOf(checkpoint)?.sequence ?? 0;
    if (old === undefined || old.sequence < sequence) writeOwnedFileSync(this.#path, checkpoint);
    return lost;
  }

  #read(): Uint8Array | undefined {
    return readIfThere(this.#path);
  }

  /** Under a name that is free, so that no witness takes the place of another. */
  #keep(name: string, bytes: Uint8Array): void {
    for (let count = 1; ; count += 1) {
      const kept = join(this.#folder, `${name}${count === 1 ? '' : `.${count}`}.lost.json`);
      if (this.#link(kept) || isSame(readIfThere(kept), bytes)) {
        rmSync(this.#path);
        return;
      }
    }
  }

  #link(path: string): boolean {
    try {
      linkSync(this.#path, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw fileError(error, 'write', path);
    }
  }
}

function checkpointOf(bytes: Uint8Array): CheckpointLine | undefined {
  const line = parseLine(bytes);
  return line?.kind === 'checkpoint' ? line : undefined;
}

function isSame(bytes: Uint8Array | undefined, others: Uint8Array): boolean {
  return bytes !== undefined && equalBytes(bytes, others);
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path);
  }
}
