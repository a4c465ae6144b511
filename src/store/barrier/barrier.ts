import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { OnProgress } from '../../core/progress.js';
import type { RowKind } from '../../crypto/box-kinds.js';

/**
 * Names a sealed row. The barrier turns it into the physical key: shard ‖ kind ‖ keyed hashes. `shardBy` is what all rows
 * of one secret have in common (its path), so that they fall in one shard.
 */
export interface RowAddress {
  readonly kind: RowKind;
  /**
   * What decides the shard: the path of the secret, the directory, or the record name; or the shard itself, as `shardOf`
   * answered it, where a row must be found by who does not know what it is about (an operation row).
   */
  readonly shardBy: string | number;
  /** What is hashed into the key. Usually the same as `shardBy`. */
  readonly name: string;
  /** Appended to the key: 16 bytes: a version's object id, or the second hash of a directory row (see `childName`). */
  readonly objectId?: Uint8Array | undefined;
  /** For directory rows: the full path of the child, hashed into the second half of the key. */
  readonly childName?: string | undefined;
  /** Bound into the additional data; 0 for rows without versions. */
  readonly version: number;
}

/** One consistent, verified view of the rows, with the changes of the running transaction applied. */
export interface RowView {
  /**
   * The plaintext; `undefined` when the row does not exist (checked against the shard's own account). A `payload` row
   * opens only with its data key.
   *
   * @throws KeywardError `integrity`
   */
  get(address: RowAddress, dataKey?: Uint8Array): Promise<Uint8Array | undefined>;
  /** The rows in order, all of one snapshot. None of them may be of kind `payload`. */
  getMany(addresses: readonly RowAddress[]): Promise<readonly (Uint8Array | undefined)[]>;
}

/** What a transaction wants changed. */
export interface RowChanges {
  readonly put: readonly RowPut[];
  readonly remove: readonly RowAddress[];
}

export interface RowPut {
  readonly address: RowAddress;
  readonly plaintext: Uint8Array;
  /** Seals a `payload` row; every other kind is sealed under the current term. */
  readonly dataKey?: Uint8Array | undefined;
}

export interface Transaction<T> {
  readonly changes: RowChanges;
  readonly result: T;
}

/** Ordered by epoch, then by commit number. An epoch begins when a rollback is accepted or a backup restored. */
export interface StorePosition {
  readonly epoch: number;
  readonly commit: number;
}

/** A commit was sent and its answer was lost: it may or may not have happened. */
export class OutcomeUnknown extends KeywardError {
  readonly #isOutcome = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && #isOutcome in value;
  }

  constructor(cause: unknown) {
    const reason = isKeywardError(cause) ? `: ${cause.message}` : '';
    super('unavailable', `the store did not say whether the change was made${reason}`, {
      advice: 'Read the current state before trying again.',
      cause,
    });
  }
}

/**
 * Sealed rows over a physical store. Everything above it sees plaintext by name; everything below it sees boxes by keyed
 * hash. Keeps the accounts (set hashes, counts, heads) that make a row or a store that was put back, swapped or removed
 * show up as `integrity`.
 *
 * Every method throws `sealed` after `seal()`, `integrity` when a row, a shard or the store is not what was written.
 */
export interface Barrier extends RowView {
  readonly storeId: string;

  /** A byte that says where the rows of a secret or record lie, without saying which one it is. */
  shardOf(shardBy: string): number;

  /** Whether the row exists (checked against the shard's own account), without opening it. */
  has(address: RowAddress): Promise<boolean>;

  /** Where the store stands now: its epoch and the number of commits so far. */
  position(): Promise<StorePosition>;

  /**
   * Runs `build` on a verified view and commits what it asks for; that nothing it read was changed is a precondition. Transactions that
   * wait in this process are merged into one commit; on a conflict all of them are built again, so `build` must have no
   * effects of its own, and must not wait for another transaction. Resolves when durable.
   *
   * @param expected rows that `build` is going to read: those of all transactions that wait are read at once.
   * @throws what `build` throws (nothing is changed then); `conflict` when it could not be committed within two seconds;
   * `OutcomeUnknown` when it cannot be told whether it happened.
   */
  transact<T>(build: (view: RowView) => Promise<Transaction<T>>, expected?: readonly RowAddress[]): Promise<T>;

  /**
   * Directory rows of one directory (kind `directory`), in hash order: plaintexts with their position, which is the
   * opaque cursor of the next page.
   */
  listDirectory(
    directory: string,
    options: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly { readonly plaintext: Uint8Array; readonly position: Uint8Array }[]>;

  /** Every row of a kind, opened, for scans over the control state and the records. */
  listKind(kind: RowKind): AsyncIterable<Uint8Array>;

  /** Wraps a random data key under the current term, bound to the row of its version. */
  wrapDataKey(address: RowAddress, dataKey: Uint8Array): Uint8Array;
  unwrapDataKey(address: RowAddress, wrapped: Uint8Array): Uint8Array;
  /** The data key wrapped under the current term; `undefined` when it is. @throws KeywardError `integrity` */
  rewrapDataKey(address: RowAddress, wrapped: Uint8Array): Uint8Array | undefined;
  /** Keyed hash of bytes, for comparing values without keeping them (HMAC under the fixed audit-mac key). */
  mac(bytes: Uint8Array): Uint8Array;

  /** Reads every row and compares with every account. @throws `integrity` naming the first difference. */
  verifyAll(options?: { readonly onProgress?: OnProgress | undefined }): Promise<{ readonly rows: number }>;

  /** Forgets the keys; every later call throws `sealed`. */
  seal(): void;
  close(): Promise<void>;
}
