import { KeywardError } from '../../../core/errors.js';
import { acceptedCommit } from '../accepted-commit.js';
import { endOfPrefix, keyText, startOfList } from '../key-order.js';
import {
  type Change,
  type Commit,
  type CommitLimits,
  type CommitOutcome,
  commitLimits,
  type ListOptions,
  type NewRow,
  type PhysicalStore,
  type Row,
} from '../physical-store.js';
import { Watchers } from '../watchers.js';

/** Everything that a `MemoryStore` held at one moment. */
export interface MemorySnapshot {
  readonly rows: ReadonlyMap<string, Row>;
  readonly revision: number;
}

/** Rows in this process; nothing outlives it. */
export class MemoryStore implements PhysicalStore {
  readonly limits: CommitLimits;
  #rows = new Map<string, Row>();
  #revision = 0;
  #isClosed = false;
  readonly #watchers = new Watchers();

  constructor(limits: CommitLimits = commitLimits) {
    this.limits = limits;
  }

  async get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    this.#assertOpen();
    return keys.map((key) => {
      const row = this.#rows.get(keyText(key));
      return row && copyOf(row);
    });
  }

  list(prefix: Uint8Array, { after, limit }: ListOptions = {}): AsyncIterable<Row> {
    const end = endOfPrefix(prefix);
    return this.#list(keyText(startOfList(prefix, after)), end && keyText(end), limit);
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    const { require, put, remove } = acceptedCommit(commit, this.limits);
    this.#assertOpen();
    for (const { key, revision } of require) {
      if (this.#rows.get(keyText(key))?.revision !== revision) return { kind: 'conflict' };
    }
    this.#revision += 1;
    const revision = String(this.#revision);
    for (const { key, value } of put) this.#rows.set(keyText(key), { key, value, revision });
    for (const key of remove) this.#rows.delete(keyText(key));
    this.#watchers.changed([...put.map(({ key }) => key), ...remove]);
    return { kind: 'committed', revision };
  }

  watch(prefix: Uint8Array, onChange: (change: Change) => void): () => void {
    this.#assertOpen();
    return this.#watchers.add(prefix, onChange);
  }

  async compact(): Promise<void> {
    this.#assertOpen();
  }

  async replaceAll(fill: (put: (rows: readonly NewRow[]) => Promise<void>) => Promise<void>): Promise<void> {
    this.#assertOpen();
    const before = this.#revision;
    const revision = String(before + 1);
    const rows = new Map<string, Row>();
    await fill(async (added) => {
      for (const row of added) rows.set(keyText(row.key), copyOf({ ...row, revision }));
    });
    if (this.#revision !== before) {
      throw new KeywardError('conflict', 'the store in memory was changed while it was replaced');
    }
    this.#revision += 1;
    this.#rows = rows;
    this.#watchers.resync();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
  }

  /** What the store holds now, to be put back by `restore`. */
  snapshot(): MemorySnapshot {
    return { rows: new Map(this.#rows), revision: this.#revision };
  }

  /** Puts the whole store back to where it was, revisions included, as an old copy of its files would. */
  restore(snapshot: MemorySnapshot): void {
    this.#rows = new Map(snapshot.rows);
    this.#revision = snapshot.revision;
    this.#watchers.resync();
  }

  async *#list(start: string, end: string | undefined, limit: number | undefined): AsyncGenerator<Row> {
    const found = [...this.#rows].filter(([key]) => key >= start && (end === undefined || key < end));
    found.sort(([a], [b]) => (a < b ? -1 : 1));
    this.#assertOpen();
    for (const [, row] of found.slice(0, limit)) {
      yield copyOf(row);
      this.#assertOpen();
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new KeywardError('unavailable', 'the store in memory is closed');
  }
}

function copyOf(row: Row): Row {
  return { key: Uint8Array.from(row.key), value: Uint8Array.from(row.value), revision: row.revision };
}
