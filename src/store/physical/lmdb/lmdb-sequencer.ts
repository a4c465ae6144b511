import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../core/clock.js';
import { KeywardError } from '../../../core/errors.js';
import type { Sequencer, Step } from '../sequencer.js';
import { bootId } from './boot-id.js';
import { type Database, LmdbEnvironment } from './lmdb-environment.js';
import { storageError } from './lmdb-errors.js';

export interface LmdbSequencerOptions {
  /** Made with mode 0700 when missing. Nothing else may be kept in it. */
  readonly folder: string;
  readonly clock?: Clock;
}

/**
 * The turns of all processes of one host. The state is written without syncs, which survives the end of any process but
 * may damage the file when the host stops; so it lies in a folder named after the host's start, and later starts begin
 * with none.
 */
export function createLmdbSequencer(options: LmdbSequencerOptions): Sequencer {
  return new LmdbSequencer(options);
}

const stateKey = Uint8Array.of(0x00);
const folderPrefix = 'boot-';

type Taken<T> = { readonly kind: 'done'; readonly result: T } | { readonly kind: 'threw'; readonly error: unknown };

class LmdbSequencer implements Sequencer {
  readonly #folder: string;
  readonly #clock: Clock;
  #environment: LmdbEnvironment | undefined;
  #isClosed = false;

  constructor({ folder, clock = systemClock }: LmdbSequencerOptions) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async exclusive<T>(
    step: (state: Uint8Array | undefined) => Step<T>,
    { deadlineMs }: { deadlineMs?: number } = {},
  ): Promise<T> {
    if (this.#isClosed) throw new KeywardError('unavailable', `the sequencer in ${this.#folder} is closed`);
    this.#environment ??= this.#open();
    const written = await this.#environment.write((database) => take(database, step), deadlineMs);
    if (written.kind === 'uncertain') throw written.cause;
    if (written.result.kind === 'threw') throw written.result.error;
    return written.result.result;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#environment?.close();
  }

  #open(): LmdbEnvironment {
    try {
      const current = folderPrefix + bootId();
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(this.#folder)) {
        if (!name.startsWith(folderPrefix) || name === current) continue;
        rmSync(join(this.#folder, name), { recursive: true, force: true });
      }
      return new LmdbEnvironment({ folder: join(this.#folder, current), isDurable: false, clock: this.#clock });
    } catch (error) {
      throw storageError(this.#folder, 'opening the sequencer', error);
    }
  }
}

function take<T>(database: Database, step: (state: Uint8Array | undefined) => Step<T>): Taken<T> {
  const stored = database.getBinary(stateKey);
  let taken: Step<T>;
  try {
    taken = step(stored && new Uint8Array(stored));
  } catch (error) {
    return { kind: 'threw', error };
  }
  if (taken.state !== undefined) database.put(stateKey, Buffer.from(taken.state));
  return { kind: 'done', result: taken.result };
}
