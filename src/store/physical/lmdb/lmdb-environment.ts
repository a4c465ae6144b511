import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { Clock } from '../../../core/clock.js';
import { KeywardError } from '../../../core/errors.js';
import { importOptional } from '../../../core/import-optional.js';
import { checkDataFile } from './data-file-check.js';
import { storageError } from './lmdb-errors.js';
import { NewestTransaction } from './newest-transaction.js';
import { dataFile, prepareFolder, sync } from './prepare-folder.js';
import { threadWaits } from './waiting-threads.js';

export type Database = RootDatabase<Uint8Array, Uint8Array>;
type Transaction = ReturnType<Database['useReadTransaction']>;

export interface EnvironmentOptions {
  readonly folder: string;
  /** Whether a write that resolved survives the loss of power, not only of the process. */
  readonly isDurable: boolean;
  readonly clock: Clock;
  /** Looks at the newest state, at each opening. */
  readonly onOpened?: ((database: Database) => void) | undefined;
}

/** How a write ended. `uncertain`: its work was done, but it cannot be told whether the result was kept. */
export type Written<T> =
  | { readonly kind: 'kept'; readonly result: T }
  | { readonly kind: 'uncertain'; readonly cause: KeywardError };

/** One state of the database, for reads that take a while. */
export interface Snapshot {
  read<T>(work: (database: Database, transaction: Transaction) => T): T;
  release(): void;
}

interface Turn {
  begin(database: Database): void;
  end(): void;
  uncertain(cause: KeywardError): void;
  reject(error: KeywardError): void;
}

/** Address space to map, not disk space; a larger file still opens. */
const mapBytes = 2 ** 36;
const closeGraceMs = 2_000;
/** Others that open the files at the same time can spoil an opening again. */
const mostOpenings = 100;

/**
 * An LMDB environment in a folder, opened on first use. Writes wait in one line per process and run together, one
 * transaction at a time: LMDB's own queue waits for ever when a transaction cannot begin, and does not tell which of
 * several failed.
 */
export class LmdbEnvironment {
  readonly #folder: string;
  readonly #isDurable: boolean;
  readonly #clock: Clock;
  readonly #onOpened: EnvironmentOptions['onOpened'];
  readonly #snapshots = new Set<Snapshot>();
  #opening: Promise<Database> | undefined;
  #database: Database | undefined;
  #newestTransaction: NewestTransaction | undefined;
  #waiting: Turn[] = [];
  #flight: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: EnvironmentOptions) {
    this.#folder = options.folder;
    this.#isDurable = options.isDurable;
    this.#clock = options.clock;
    this.#onOpened = options.onOpened;
  }

  get folder(): string {
    return this.#folder;
  }

  /**
   * The work is synchronous, and so sees one snapshot: of the newest state, or, for the moment in which another process
   * opens the files, of the one before.
   */
  async read<T>(work: (database: Database) => T): Promise<T> {
    if (this.#database === undefined) await this.#open();
    const database = this.#newest();
    try {
      return work(database);
    } catch (error) {
      throw storageError(this.#folder, 'reading', error);
    }
  }

  async snapshot(): Promise<Snapshot> {
    await this.#open();
    const database = this.#newest();
    const transaction = database.useReadTransaction();
    let isReleased = false;
    const snapshot: Snapshot = {
      read: (work) => {
        if (isReleased) throw this.#error('unavailable', 'the listing was left standing for too long, or closed');
        try {
          return work(database, transaction);
        } catch (error) {
          throw storageError(this.#folder, 'reading', error);
        }
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.#snapshots.delete(snapshot);
        transaction.done();
      },
    };
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  /**
   * Runs the work, synchronously, while no other process writes. When it throws, nothing is kept, of this write and of
   * those that run in the same transaction.
   *
   * @throws KeywardError `timeout` when the turn does not come within the deadline; the work will then not run.
   * `unavailable` or `integrity` when nothing was kept.
   */
  write<T>(work: (database: Database) => T, deadlineMs: number | undefined): Promise<Written<T>> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(this.#closedError());
        return;
      }
      let result: T;
      const turn: Turn = {
        begin: (database) => {
          timer?.cancel();
          result = work(database);
        },
        end: () => resolve({ kind: 'kept', result }),
        uncertain: (cause) => resolve({ kind: 'uncertain', cause }),
        reject: (error) => {
          timer?.cancel();
          reject(error);
        },
      };
      const expire = () => {
        this.#waiting = this.#waiting.filter((other) => other !== turn);
        reject(this.#error('timeout', 'another process holds the write lock and does not move'));
      };
      const timer = deadlineMs === undefined ? undefined : this.#clock.after(deadlineMs, expire);
      this.#waiting.push(turn);
      this.#flight ??= this.#fly();
    });
  }

  /** Lets the writes that wait finish, for at most two seconds. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = (this.#flight ?? Promise.resolve()).then(() => this.#discard());
    let stopWaiting = () => {};
    const graceIsOver = new Promise<void>((resolve) => {
      const timer = this.#clock.after(closeGraceMs, resolve);
      stopWaiting = () => timer.cancel();
    });
    await Promise.race([closed, graceIsOver]);
    stopWaiting();
    for (const turn of this.#waiting.splice(0)) turn.reject(this.#closedError());
  }

  async #fly(): Promise<void> {
    let openings = 0;
    while (this.#waiting.length > 0) {
      let batch: Turn[] = [];
      let abortedBy: { readonly error: unknown } | undefined;
      let isBehind = false;
      try {
        const database = await this.#openNow();
        const isCalled = threadWaits();
        const transaction = database.childTransaction(() => {
          isCalled();
          isBehind = this.#isBehind(database);
          if (isBehind) throw this.#behindError();
          batch = this.#waiting.splice(0);
          try {
            for (const turn of batch) turn.begin(database);
          } catch (error) {
            abortedBy = { error };
            throw error;
          }
        });
        await noted(this.#folder, transaction.finally(isCalled));
        for (const turn of batch) turn.end();
      } catch (error) {
        openings += 1;
        if (isBehind && openings < mostOpenings) await this.#discard();
        else await this.#settleFailure(batch, abortedBy, error);
      }
    }
    this.#flight = undefined;
  }

  async #settleFailure(batch: readonly Turn[], abortedBy: { readonly error: unknown } | undefined, error: unknown) {
    const cause = storageError(this.#folder, 'writing', abortedBy?.error ?? (await commitErrorOf(error)));
    // After a failed sync LMDB refuses every later transaction, and waits for ever instead of saying so.
    await this.#discard();
    if (batch.length === 0) batch = this.#waiting.splice(0);
    else if (abortedBy === undefined) {
      for (const turn of batch) turn.uncertain(cause);
      return;
    }
    for (const turn of batch) turn.reject(cause);
  }

  async #open(): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    await this.#openNow();
  }

  /** The open database, at its newest state. Not across an await: it may be closed at any time. */
  #newest(): Database {
    if (this.#isClosed || this.#database === undefined) throw this.#closedError();
    // LMDB keeps a read transaction for about a millisecond; another process may have written since.
    this.#database.resetReadTxn();
    return this.#database;
  }

  #openNow(): Promise<Database> {
    this.#opening ??= this.#openFiles().then(
      (database) => {
        this.#database = database;
        return database;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw storageError(this.#folder, 'opening the database', error);
      },
    );
    return this.#opening;
  }

  async #openFiles(): Promise<Database> {
    const lmdb = await importOptional('lmdb', 'the encrypted store', () => import('lmdb'));
    if (!('nativeAddon' in lmdb)) throw wrongEntryError();
    await prepareFolder(this.#folder);
    checkDataFile(this.#folder);
    const path = join(this.#folder, dataFile);
    const isNew = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
    const options = {
      path: this.#folder,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // With overlapping syncs a commit resolves before it is durable, and whether its sync failed is never told.
      overlappingSync: false,
      noSync: !this.#isDurable,
      mapSize: mapBytes,
      permissionsMode: 0o600,
    } as const;
    // Opening stops this process until nobody writes: also while the one that writes is this process, for ever then.
    while (transactions.has(this.#folder)) await Promise.allSettled(transactions.get(this.#folder) ?? []);
    const database = await this.#openNewest(() => lmdb.open<Uint8Array, Uint8Array>(options));
    if (isNew && this.#isDurable) {
      await sync(path);
      await sync(this.#folder);
    }
    return database;
  }

  /** Opens again where the files were opened into the past. */
  async #openNewest(open: () => Database): Promise<Database> {
    for (let openings = 1; ; openings += 1) {
      const database = open();
      this.#newestTransaction = new NewestTransaction(join(this.#folder, dataFile));
      const isNewest = database.transactionSync(() => {
        if (this.#isBehind(database)) return false;
        this.#onOpened?.(database);
        return true;
      });
      if (isNewest) return database;
      this.#newestTransaction.close();
      await database.close();
      if (openings === mostOpenings) throw this.#behindError();
    }
  }

  /** Whether the transaction under way builds on a state that is not the newest one. */
  #isBehind(database: Database): boolean {
    return database.getWriteTxnId() <= (this.#newestTransaction?.read() ?? 0);
  }

  /** Closes the files; the next use opens them anew. */
  async #discard(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    for (const snapshot of this.#snapshots) snapshot.release();
    const database = await opening?.catch(() => undefined);
    this.#database = undefined;
    if (database !== undefined) this.#newestTransaction?.close();
    await database?.close();
  }

  #behindError(): KeywardError {
    return this.#error('unavailable', 'other processes keep opening the files, so that nothing can be written');
  }

  #closedError(): KeywardError {
    return this.#error('unavailable', 'the database is closed');
  }

  #error(code: 'timeout' | 'unavailable', what: string): KeywardError {
    return new KeywardError(code, `${this.#folder}: ${what}`, { store: this.#folder });
  }
}

/** Where Node cannot read the package's own description it takes another entry, with which no transaction ever ends. */
function wrongEntryError(): KeywardError {
  return new KeywardError('config', 'the package lmdb was loaded by another entry than the one for Node', {
    advice: 'See that its package.json can be read, also by a bundler, and that files can be opened; then start again.',
  });
}

/** Transactions under way in this process, whichever environment began them, by folder. */
const transactions = new Map<string, Set<Promise<unknown>>>();

async function noted(folder: string, transaction: Promise<unknown>): Promise<void> {
  const inFolder = transactions.get(folder) ?? new Set();
  transactions.set(folder, inFolder.add(transaction));
  try {
    await transaction;
  } finally {
    inFolder.delete(transaction);
    if (inFolder.size === 0) transactions.delete(folder);
  }
}

/** LMDB puts the reason into a promise on the error; left alone, that promise would be an unhandled rejection. */
async function commitErrorOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}
