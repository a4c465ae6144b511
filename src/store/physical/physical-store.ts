/** A value that no two states of a row ever share, not even across a removal. Compared, never ordered. */
export type Revision = string;

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly revision: Revision;
}

/** A row that is yet to be kept. */
export type NewRow = Pick<Row, 'key' | 'value'>;

export interface Precondition {
  readonly key: Uint8Array;
  /** The revision that the row must have; `undefined` for "must not exist". */
  readonly revision: Revision | undefined;
}

export interface Commit {
  /** Must name every key in `put` and `remove`; may name others. */
  readonly require: readonly Precondition[];
  readonly put: readonly NewRow[];
  readonly remove: readonly Uint8Array[];
}

export type CommitOutcome =
  /** All of it is durable: it survives the loss of power. `revision` is the one that every put row now has. */
  | { readonly kind: 'committed'; readonly revision: Revision }
  /** A precondition did not hold; nothing changed. */
  | { readonly kind: 'conflict' }
  /** It cannot be told whether it happened (a connection was lost, a sync failed). Nothing may be assumed. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export interface ListOptions {
  /** Rows with greater keys only. */
  readonly after?: Uint8Array | undefined;
  readonly limit?: number | undefined;
}

/** A hint that rows under the watched prefix may have changed; `resync` says that hints may have been lost. */
export type Change = 'changed' | 'resync';

/** What one commit may hold at most. */
export interface CommitLimits {
  /** Required, put and removed keys, counted once each. */
  readonly rows: number;
  /** Keys and values. */
  readonly bytes: number;
}

/** What every driver takes, and so the most that a single change may need. */
export const commitLimits = { rows: 100, bytes: 1024 * 1024, keyBytes: 128 } as const;

/**
 * Rows by key, ordered by the bytes of the key: what lies under the encryption, and is not trusted by what lies above
 * it. Holds opaque bytes.
 *
 * Construction opens nothing; the first call does. All methods may be called concurrently, from any number of
 * processes where the driver says so. They throw `KeywardError`: `unavailable` when the medium cannot be reached or
 * written, `integrity` when its files are damaged, `unavailable` after `close`. Arguments and results are never
 * shared: a caller may change the bytes it passed or got.
 */
export interface PhysicalStore {
  /** What one commit takes here: `commitLimits`, or more, so that several changes share a commit. */
  readonly limits: CommitLimits;

  /**
   * The rows of the keys, in order, all of one snapshot; `undefined` where there is none. Neither this nor `list` goes
   * back behind what this object read or committed, unless the medium itself went back.
   */
  get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]>;

  /** The rows whose keys begin with the prefix, in key order, all of one snapshot (taken at the first row). */
  list(prefix: Uint8Array, options?: ListOptions): AsyncIterable<Row>;

  /**
   * Applies all of it or nothing.
   *
   * @throws KeywardError `too_large` over the limits, or for a key of more than 128 bytes, `internal` when a changed row has no precondition, a key appears
   * twice in one list or in both `put` and `remove`, or is empty.
   */
  commit(commit: Commit): Promise<CommitOutcome>;

  /** Hints only: may merge, repeat or come late, and never blocks a commit. Returns how to stop. */
  watch(prefix: Uint8Array, onChange: (change: Change) => void): () => void;

  /**
   * Puts the rows, with the revisions that they have, into new files, which hold nothing of what was ever removed or
   * replaced, and removes the old files. Others may go on meanwhile; what they commit is not lost. After a crash at any
   * point the old files count, or the new ones, complete.
   *
   * @throws KeywardError `conflict` when somebody commits while the rows are copied; the old files then still count.
   */
  compact(): Promise<void>;

  /**
   * Puts the rows that `fill` hands over, in any order and each key once, in the place of all that there are, in new
   * files as `compact` does, and with new revisions. When `fill` throws, everything stays as it was.
   *
   * @throws KeywardError `conflict` when somebody commits meanwhile; what `fill` throws. The old files then still count.
   */
  replaceAll(fill: (put: (rows: readonly NewRow[]) => Promise<void>) => Promise<void>): Promise<void>;

  close(): Promise<void>;
}
