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
  type PhysicalStore,
  type Row,
} from '../physical-store.js';
import { Watchers } from '../watchers.js';
import { type Database, LmdbEnvironment, type Snapshot } from './lmdb-environment.js';
import { damagedError } from './lmdb-errors.js';

export interface LmdbStoreOptions {
  /** Made with mode 0700 when missing. */
  readonly folder: string;
  readonly clock?: Clock;
}

/**
 * Rows in an LMDB file, shared by any number of processes of one host.
 *
 * Keys in the file: `00` holds the counter of commits (8 bytes, big-endian); `01 ‖ key` holds a row as the value of the
 * counter at its commit (8 bytes), then its bytes.
 */
export function createLmdbStore(options: LmdbStoreOptions): PhysicalStore {
  return new LmdbStore(options);
}

const counterKey = Uint8Array.of(0x00);
const rowSpace = Uint8Array.of(0x01);
const revisionBytes = 8;
const turnDeadlineMs = 2_000;
const idleListingMs = 60_000;
const batchRows = 256;
const batchBytes = 1024 * 1024;
/** How often the commits of other processes are looked for while somebody watches. */
const watchIntervalMs = 250;

class LmdbStore implements PhysicalStore {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #environment: LmdbEnvironment;
  readonly #watchers = new Watchers();
  #seenCounter: bigint | undefined;
  #watchTimer: Timer | undefined;

  constructor({ folder, clock = systemClock }: LmdbStoreOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#environment = new LmdbEnvironment({ folder, isDurable: true, clock });
  }

  async get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    const wanted = keys.map((key) => Uint8Array.from(key));
    return this.#environment.read((database) => {
      return wanted.map((key) => {
        const stored = database.getBinary(rowKey(key));
        return stored && { key, ...this.#decode(stored) };
      });
    });
  }

  list(prefix: Uint8Array, { after, limit = Number.POSITIVE_INFINITY }: ListOptions = {}): AsyncIterable<Row> {
    return this.#list(rowKey(startOfList(prefix, after)), endOfPrefix(rowKey(prefix)), limit);
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    const accepted = acceptedCommit(commit);
    try {
      const written = await this.#environment.write((database) => this.#apply(database, accepted), turnDeadlineMs);
      if (written.kind === 'uncertain') return { kind: 'unknown', cause: written.cause };
      if (written.result === undefined) return { kind: 'conflict' };
      this.#committed(accepted, written.result);
      return { kind: 'committed', revision: String(written.result) };
    } catch (error) {
      if (!isKeywardError(error, 'timeout')) throw error;
      throw new KeywardError('unavailable', error.message, { store: this.#folder, cause: error });
    }
  }

  watch(prefix: Uint8Array, onChange: (change: Change) => void): () => void {
    if (this.#environment.isClosed) throw new KeywardError('unavailable', `${this.#folder}: the database is closed`);
    const stop = this.#watchers.add(prefix, onChange);
    this.#watchTimer ??= this.#clock.after(0, () => void this.#lookForCommits(), { background: true });
    return stop;
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#watchTimer?.cancel();
    await this.#environment.close();
  }

  async *#list(first: Uint8Array, end: Uint8Array | undefined, limit: number): AsyncGenerator<Row> {
    let start = first;
    const snapshot = await this.#environment.snapshot();
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

  /** The new value of the counter, or `undefined` when a precondition does not hold. */
  #apply(database: Database, { require, put, remove }: Commit): bigint | undefined {
    for (const { key, revision } of require) {
      const stored = database.getBinary(rowKey(key));
      if ((stored && this.#revisionOf(stored)) !== revision) return undefined;
    }
    const counter = this.#readCounter(database) + 1n;
    for (const { key, value } of put) {
      const stored = Buffer.alloc(revisionBytes + value.length);
      stored.writeBigUInt64BE(counter);
      stored.set(value, revisionBytes);
      database.put(rowKey(key), stored);
    }
    for (const key of remove) database.remove(rowKey(key));
    const stored = Buffer.alloc(revisionBytes);
    stored.writeBigUInt64BE(counter);
    database.put(counterKey, stored);
    return counter;
  }

  #readCounter(database: Database): bigint {
    const stored = database.getBinary(counterKey);
    if (stored !== undefined && stored.length !== revisionBytes) throw damagedError(this.#folder, 'its commit counter');
    return stored?.readBigUInt64BE() ?? 0n;
  }

  #readBatch(snapshot: Snapshot, start: Uint8Array, end: Uint8Array | undefined, limit: number): Row[] {
    return snapshot.read((database, transaction) => {
      const rows: Row[] = [];
      let bytes = 0;
      for (const { key, value } of database.getRange({ start, ...(end && { end }), limit, transaction })) {
        rows.push({ key: new Uint8Array(key.subarray(rowSpace.length)), ...this.#decode(value) });
        bytes += value.length;
        if (bytes > batchBytes) break;
      }
      return rows;
    });
  }

  #decode(stored: Uint8Array): Omit<Row, 'key'> {
    return { value: new Uint8Array(stored.subarray(revisionBytes)), revision: this.#revisionOf(stored) };
  }

  #revisionOf(stored: Uint8Array): string {
    if (stored.length < revisionBytes) throw damagedError(this.#folder, 'a row without a revision');
    return String(new DataView(stored.buffer, stored.byteOffset).getBigUint64(0));
  }

  #committed({ put, remove }: Commit, counter: bigint): void {
    if (this.#seenCounter !== undefined && counter === this.#seenCounter + 1n) this.#seenCounter = counter;
    this.#watchers.changed([...put.map(({ key }) => key), ...remove]);
  }

  async #lookForCommits(): Promise<void> {
    try {
      const counter = await this.#environment.read((database) => this.#readCounter(database));
      if (this.#seenCounter === undefined) this.#watchers.resync();
      else if (counter !== this.#seenCounter) this.#watchers.changedSomewhere();
      this.#seenCounter = counter;
    } catch {
      this.#seenCounter = undefined;
    }
    this.#watchTimer = this.#watchers.isEmpty
      ? undefined
      : this.#clock.after(watchIntervalMs, () => void this.#lookForCommits(), { background: true });
  }
}

/** Cuts what is longer than any row's key, which LMDB would refuse; what lies before and behind it stays the same. */
function rowKey(key: Uint8Array): Uint8Array {
  return Buffer.concat([rowSpace, key.subarray(0, commitLimits.keyBytes + 1)]);
}
