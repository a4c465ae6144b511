import { type Clock, systemClock, type Timer } from '../../../core/clock.js';
import { isKeywardError, KeywardError } from '../../../core/errors.js';
import { acceptedCommit } from '../accepted-commit.js';
import { endOfPrefix, startOfList } from '../key-order.js';
import {
  type Change,
  type Commit,
  type CommitOutcome,
  commitLimits,
  type ListOptions,
  type NewRow,
  type PhysicalStore,
  type Row,
} from '../physical-store.js';
import { Watchers } from '../watchers.js';
import { beginCopy, copyIsComplete, discardCopies, newestFolder, removeFormer, takeIn } from './generations.js';
import { writeCopy, writeEntries } from './lmdb-copy.js';
import { type Database, LmdbEnvironment, type Snapshot } from './lmdb-environment.js';
import { damagedError, storageError } from './lmdb-errors.js';

export interface LmdbStoreOptions {
  /** Made with mode 0700 when missing. */
  readonly folder: string;
  readonly clock?: Clock;
}

/**
 * Rows in an LMDB file, shared by any number of processes of one host.
 *
 * Keys in the file: `00` holds the counter of commits (8 bytes, big-endian); `01 ‖ key` holds a row as the value of the
 * counter at its commit (8 bytes), then its bytes; `02` is there when the rows have moved into newer files.
 */
export function createLmdbStore(options: LmdbStoreOptions): PhysicalStore {
  return new LmdbStore(options);
}

const counterKey = Uint8Array.of(0x00);
const rowSpace = Uint8Array.of(0x01);
const movedKey = Uint8Array.of(0x02);
const revisionBytes = 8;
const turnDeadlineMs = 2_000;
const idleListingMs = 60_000;
/** A transaction of LMDB costs a sync whatever it holds, so that changes which wait together had better share one. */
const limits = { rows: 1000, bytes: 4 * 1024 * 1024 } as const;
const batchRows = 256;
const batchBytes = 1024 * 1024;
/** How often the commits of other processes are looked for while somebody watches. */
const watchIntervalMs = 250;
/** Each means that another process opened the files just then. */
const mostLooks = 100;

class LmdbStore implements PhysicalStore {
  readonly limits = limits;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #watchers = new Watchers();
  #opening: Promise<LmdbEnvironment> | undefined;
  #environment: LmdbEnvironment | undefined;
  #isClosed = false;
  /** Of the newest state that was seen: an older one may be met only where the files themselves went back. */
  #newestSeen = 0;
  #watchedCounter: number | undefined;
  #watchTimer: Timer | undefined;

  constructor({ folder, clock = systemClock }: LmdbStoreOptions) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    const wanted = keys.map(rowKey);
    return this.#read((database) => wanted.map((key) => this.#row(database, key)));
  }

  list(prefix: Uint8Array, { after, limit = Number.POSITIVE_INFINITY }: ListOptions = {}): AsyncIterable<Row> {
    return this.#list(rowKey(startOfList(prefix, after)), endOfPrefix(rowKey(prefix)), limit);
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    const accepted = acceptedCommit(commit, limits);
    try {
      for (;;) {
        const environment = this.#environment ?? (await this.#newest());
        const written = await environment.write((database) => this.#apply(database, accepted), turnDeadlineMs);
        if (written.kind === 'uncertain') return { kind: 'unknown', cause: written.cause };
        if (written.result === 'conflict') return { kind: 'conflict' };
        if (written.result === 'moved') {
          await this.#leave(environment);
          continue;
        }
        this.#committed(accepted, written.result);
        return { kind: 'committed', revision: String(written.result) };
      }
    } catch (error) {
      if (!isKeywardError(error, 'timeout')) throw error;
      throw new KeywardError('unavailable', error.message, { store: this.#folder, cause: error });
    }
  }

  watch(prefix: Uint8Array, onChange: (change: Change) => void): () => void {
    if (this.#isClosed) throw this.#closedError();
    const stop = this.#watchers.add(prefix, onChange);
    this.#watchTimer ??= this.#clock.after(0, () => void this.#lookForCommits(), { background: true });
    return stop;
  }

  compact(): Promise<void> {
    return this.#moveInto((folder, environment) => writeCopy(environment, folder, this.#clock));
  }

  replaceAll(fill: (put: (rows: readonly NewRow[]) => Promise<void>) => Promise<void>): Promise<void> {
    return this.#moveInto((folder, _, counter) =>
      writeEntries(folder, this.#clock, async (write) => {
        const revision = counter + 1;
        await write([{ key: counterKey, value: counterBytes(revision) }]);
        await fill((rows) => write(rows.map((row) => ({ key: rowKey(row.key), value: stored(revision, row.value) }))));
      }),
    );
  }

  /** Lets `write` make new files in a folder, from the present ones, and goes over to them. */
  async #moveInto(write: (folder: string, from: LmdbEnvironment, counter: number) => Promise<void>): Promise<void> {
    const counter = await this.#read((database) => this.#readCounter(database));
    const environment = this.#environment ?? (await this.#newest());
    try {
      await write(await beginCopy(this.#folder), environment, counter);
      await copyIsComplete(this.#folder);
      const moved = await environment.write((database) => this.#markMoved(database, counter), turnDeadlineMs);
      if (moved.kind === 'uncertain') throw moved.cause;
      if (!moved.result) throw this.#changedError();
    } catch (error) {
      await discardCopies(this.#folder).catch(() => undefined);
      throw storageError(this.#folder, 'compacting', error);
    }
    await this.#leave(environment);
    const isTakenIn = (await this.#newest()).folder !== environment.folder;
    if (!isTakenIn) throw this.#changedError();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#watchTimer?.cancel();
    const environment = this.#environment ?? (await this.#opening?.catch(() => undefined));
    await environment?.close();
  }

  /** Reads from the newest files, and never from a state before one that was seen. */
  async #read<T>(work: (database: Database) => T): Promise<T> {
    for (let looks = 1; ; looks += 1) {
      const environment = this.#environment ?? (await this.#newest());
      const found = await environment.read((database) =>
        isMoved(database) ? undefined : { isPast: this.#isPast(database), result: work(database) },
      );
      if (found?.isPast === false) return found.result;
      if (found === undefined) await this.#leave(environment);
      else await this.#catchUp(environment, looks);
    }
  }

  /** Whether newer ones were seen than this state. */
  #isPast(database: Database): boolean {
    const counter = this.#readCounter(database);
    if (counter < this.#newestSeen) return true;
    this.#newestSeen = counter;
    return false;
  }

  /** In a writer's turn, since that is never at a state of before. What it finds counts, also if the files went back. */
  async #catchUp(environment: LmdbEnvironment, looks: number): Promise<void> {
    const look = (database: Database) => {
      this.#newestSeen = this.#readCounter(database);
    };
    const looked = looks < mostLooks ? await environment.write(look, turnDeadlineMs) : undefined;
    if (looked?.kind === 'kept') return;
    throw new KeywardError('unavailable', `${this.#folder}: its newest state could not be read`, {
      store: this.#folder,
      advice: 'Other processes keep opening the store. Try again.',
      cause: looked?.cause,
    });
  }

  #newest(): Promise<LmdbEnvironment> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw storageError(this.#folder, 'opening the database', error);
    });
    return this.#opening;
  }

  async #open(): Promise<LmdbEnvironment> {
    for (;;) {
      const folder = newestFolder(this.#folder);
      const environment = new LmdbEnvironment({
        folder,
        isDurable: true,
        clock: this.#clock,
        onOpened: (database) => void this.#isPast(database),
      });
      try {
        if (await this.#settle(environment)) {
          this.#environment = environment;
          return environment;
        }
      } catch (error) {
        await environment.close();
        throw error;
      }
      await environment.close();
    }
  }

  /** Finishes a move that was begun, or tidies up after one. False when these are not the newest files any more. */
  async #settle(environment: LmdbEnvironment): Promise<boolean> {
    const isMarked = await environment.read(isMoved);
    if (isMarked) await takeIn(this.#folder);
    if (newestFolder(this.#folder) !== environment.folder) return false;
    // The copy is gone that these files were left for: they count again.
    if (isMarked) await environment.write((database) => database.remove(movedKey), turnDeadlineMs);
    await discardCopies(this.#folder);
    await removeFormer(this.#folder);
    return true;
  }

  /** The rows have moved into other files. */
  async #leave(environment: LmdbEnvironment): Promise<void> {
    if (this.#environment === environment) {
      this.#environment = undefined;
      this.#opening = undefined;
    }
    await environment.close();
  }

  #markMoved(database: Database, counter: number): boolean {
    if (isMoved(database) || this.#readCounter(database) !== counter) return false;
    database.put(movedKey, Buffer.of(1));
    return true;
  }

  async *#list(first: Uint8Array, end: Uint8Array | undefined, limit: number): AsyncGenerator<Row> {
    let start = first;
    const snapshot = await this.#snapshot();
    let timer = this.#clock.after(idleListingMs, snapshot.release, { background: true });
    try {
      for (let left = limit; left > 0; ) {
        const batch = this.#readBatch(snapshot, start, end, Math.min(left, batchRows));
        const last = batch.at(-1);
        if (last === undefined) return;
        start = rowKey(startOfList(last.key, last.key));
        left -= batch.length;
        for (const row of batch) {
          timer.cancel();
          timer = this.#clock.after(idleListingMs, snapshot.release, { background: true });
          yield row;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      timer.cancel();
      snapshot.release();
    }
  }

  async #snapshot(): Promise<Snapshot> {
    for (let looks = 1; ; looks += 1) {
      const environment = this.#environment ?? (await this.#newest());
      const snapshot = await environment.snapshot();
      const hasMoved = snapshot.read(isMoved);
      if (!hasMoved && !snapshot.read((database) => this.#isPast(database))) return snapshot;
      snapshot.release();
      if (hasMoved) await this.#leave(environment);
      else await this.#catchUp(environment, looks);
    }
  }

  #closedError(): KeywardError {
    return new KeywardError('unavailable', `${this.#folder}: the database is closed`, { store: this.#folder });
  }

  #changedError(): KeywardError {
    return new KeywardError('conflict', `${this.#folder}: the store was changed while it was compacted`, {
      store: this.#folder,
      advice: 'Stop what writes to the store, then try again.',
    });
  }

  /** The new value of the counter, unless a precondition does not hold or the rows have moved into other files. */
  #apply(database: Database, { require, put, remove }: Commit): number | 'conflict' | 'moved' {
    if (isMoved(database)) return 'moved';
    for (const { key, revision } of require) {
      const stored = database.getBinaryFast(rowKey(key));
      if ((stored && this.#revisionOf(stored)) !== revision) return 'conflict';
    }
    const counter = this.#readCounter(database) + 1;
    const revision = counterBytes(counter);
    // LMDB asks once where each piece of memory lies, so all rows are in one.
    const memory = Buffer.alloc(put.reduce((total, { value }) => total + revisionBytes + value.length, 0));
    let end = 0;
    for (const { key, value } of put) {
      const start = end;
      memory.set(revision, start);
      memory.set(value, start + revisionBytes);
      end = start + revisionBytes + value.length;
      database.put(rowKey(key), memory.subarray(start, end));
    }
    for (const key of remove) database.remove(rowKey(key));
    database.put(counterKey, revision);
    return counter;
  }

  #readCounter(database: Database): number {
    const stored = database.getBinaryFast(counterKey);
    if (stored !== undefined && stored.length !== revisionBytes) throw damagedError(this.#folder, 'its commit counter');
    return stored === undefined ? 0 : this.#counterOf(stored);
  }

  #readBatch(snapshot: Snapshot, start: Uint8Array, end: Uint8Array | undefined, limit: number): Row[] {
    return snapshot.read((database, transaction) => {
      const rows: Row[] = [];
      let bytes = 0;
      for (const { key, value } of database.getRange({ start, ...(end && { end }), limit, transaction })) {
        rows.push(this.#decode(new Uint8Array(key.subarray(rowSpace.length)), value));
        bytes += value.length;
        if (bytes > batchBytes) break;
      }
      return rows;
    });
  }

  #row(database: Database, key: Uint8Array): Row | undefined {
    // In memory that the next read uses again; only its own `length` says how much of it is the row.
    const stored = database.getBinaryFast(key);
    if (stored === undefined) return undefined;
    // A copy: a view of a small array would give it memory of its own first.
    return this.#decode(key.slice(rowSpace.length), stored);
  }

  #decode(key: Uint8Array, stored: Uint8Array): Row {
    const revision = this.#revisionOf(stored);
    // A piece of Node's pool: memory of its own would cost a read more than its copying does.
    const value = Buffer.allocUnsafe(stored.length - revisionBytes);
    value.set(new Uint8Array(stored.buffer, stored.byteOffset + revisionBytes, value.length));
    return { key, value: new Uint8Array(value.buffer, value.byteOffset, value.length), revision };
  }

  #revisionOf(stored: Uint8Array): string {
    if (stored.length < revisionBytes) throw damagedError(this.#folder, 'a row without a revision');
    return String(this.#counterOf(stored));
  }

  /** A number, and so below 2^53: no store comes to so many commits. */
  #counterOf(stored: Uint8Array): number {
    let counter = 0;
    for (let at = 0; at < revisionBytes; at += 1) counter = counter * 256 + (stored[at] ?? 0);
    if (!Number.isSafeInteger(counter)) throw damagedError(this.#folder, 'a revision that no commit had');
    return counter;
  }

  #committed({ put, remove }: Commit, counter: number): void {
    if (counter > this.#newestSeen) this.#newestSeen = counter;
    if (this.#watchedCounter !== undefined && counter === this.#watchedCounter + 1) this.#watchedCounter = counter;
    this.#watchers.changed([...put.map(({ key }) => key), ...remove]);
  }

  async #lookForCommits(): Promise<void> {
    try {
      const counter = await this.#read((database) => this.#readCounter(database));
      if (this.#watchedCounter === undefined) this.#watchers.resync();
      else if (counter !== this.#watchedCounter) this.#watchers.changedSomewhere();
      this.#watchedCounter = counter;
    } catch {
      this.#watchedCounter = undefined;
    }
    this.#watchTimer = this.#watchers.isEmpty
      ? undefined
      : this.#clock.after(watchIntervalMs, () => void this.#lookForCommits(), { background: true });
  }
}

function counterBytes(counter: number): Uint8Array {
  return stored(counter, new Uint8Array());
}

/** A row's value behind its revision. */
function stored(counter: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(revisionBytes + value.length);
  bytes.writeBigUInt64BE(BigInt(counter));
  bytes.set(value, revisionBytes);
  return bytes;
}

/** Set in files that count no longer: whoever meets it goes to the newer ones. */
function isMoved(database: Database): boolean {
  return database.getBinaryFast(movedKey) !== undefined;
}

/** Cuts what is longer than any row's key, which LMDB would refuse; what lies before and behind it stays the same. */
function rowKey(key: Uint8Array): Uint8Array {
  const longest = commitLimits.keyBytes + 1;
  const kept = key.length > longest ? key.subarray(0, longest) : key;
  const whole = new Uint8Array(rowSpace.length + kept.length);
  whole.set(rowSpace);
  whole.set(kept, rowSpace.length);
  return whole;
}
