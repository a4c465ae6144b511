import { KeywardError } from '../../core/errors.js';
import { boxTerm } from '../../crypto/box.js';
import { sha256 } from '../../crypto/derive.js';
import { equalBytes } from '../../crypto/encoding.js';
import type { PhysicalStore, Row } from '../physical/physical-store.js';
import type { StoreHead } from './heads.js';
import { notAsWritten, shardName } from './integrity-error.js';
import { allShards, shardHeadKey, shardOfKey, storeHeadKey } from './row-keys.js';
import type { ShardAccount, ShardAccounts } from './shard-accounts.js';
import type { StoreKeys } from './store-keys.js';
import type { KnownHead, VerifiedHeads } from './verified-heads.js';

/** Rows of one snapshot that agree with the accounts, still sealed. */
export interface Snapshot {
  readonly head: StoreHead;
  readonly headRow: Row;
  readonly shards: ReadonlyMap<number, ShardState>;
  readonly rows: readonly (Row | undefined)[];
}

export interface ShardState {
  readonly account: ShardAccount;
  readonly headRow: Row | undefined;
}

/** The state that a commit of this process leads to. */
export interface NextState {
  readonly sealedHead: Uint8Array;
  readonly head: StoreHead;
  readonly accounts: readonly ShardAccount[];
}

/** One snapshot whose heads are verified; heads and rows in the order they were asked for. */
interface Fetched {
  readonly head: StoreHead;
  readonly headRow: Row;
  readonly heads: readonly (KnownHead | undefined)[];
  readonly headRows: readonly (Row | undefined)[];
  readonly rows: readonly (Row | undefined)[];
}

/** Each try that fails means that somebody else's commit came between. */
export const maxTries = 100;

const allHeadKeys = [storeHeadKey, ...allShards.map(shardHeadKey)];

/** Reads rows and checks them, and their absence, against the accounts of their shards. */
export class VerifiedReader {
  readonly #physical: PhysicalStore;
  readonly #keys: StoreKeys;
  readonly #heads: VerifiedHeads;
  readonly #accounts: ShardAccounts;
  #expected: NextState | undefined;

  constructor(physical: PhysicalStore, keys: StoreKeys, heads: VerifiedHeads, accounts: ShardAccounts) {
    this.#physical = physical;
    this.#keys = keys;
    this.#heads = heads;
    this.#accounts = accounts;
  }

  /** What was seen last. */
  get head(): StoreHead {
    return this.#heads.store;
  }

  /**
   * One row, as `read` answers it, without what a reader alone does not need.
   *
   * @throws KeywardError as `read`.
   */
  async row(key: Uint8Array): Promise<Row | undefined> {
    this.#keys.assertOpen();
    const shard = shardOfKey(key);
    const [storeHead, shardHead, row] = await this.#physical.get([storeHeadKey, shardHeadKey(shard), key]);
    const known = this.#heads.shard(shard);
    const account = this.#accounts.known(shard, known);
    if (account === undefined || !this.#heads.isCurrent(storeHead) || !isSame(known, shardHead)) {
      return (await this.read([key])).rows[0];
    }
    this.#check(account, key, row);
    return row;
  }

  /**
   * The rows of the keys, and the accounts of their shards and of `shards`.
   *
   * @throws KeywardError `integrity` when anything is not what was written; `unavailable` when the store changed faster
   * than it could be read; `sealed`.
   */
  async read(keys: readonly Uint8Array[], shards: readonly number[] = []): Promise<Snapshot> {
    this.#keys.assertOpen();
    const touched = [...new Set([...keys.map(shardOfKey), ...shards])];
    for (let tries = 0; tries < maxTries; tries++) {
      const fetched = await this.#fetch(keys, touched);
      if (fetched === undefined) continue;
      const shardStates = await this.#statesOf(touched, fetched);
      if (shardStates === undefined) continue;
      for (const [index, key] of keys.entries()) {
        this.#check(shardStates.get(shardOfKey(key))?.account, key, fetched.rows[index]);
      }
      return { head: fetched.head, headRow: fetched.headRow, shards: shardStates, rows: fetched.rows };
    }
    throw changedTooFast();
  }

  /**
   * Announces what a commit that is under way will write. A reader that meets exactly these bytes takes over the state
   * that belongs to them instead of verifying it from the ground, whether or not the commit has answered yet.
   */
  expect(next: NextState): void {
    this.#expected = next;
  }

  /** The expected commit happened. */
  adopt(next: NextState): void {
    const current = this.#heads.store;
    if (this.#expected !== next || current.epoch !== next.head.epoch || current.commit + 1 !== next.head.commit) return;
    this.#expected = undefined;
    this.#heads.advance(next.sealedHead, next.head, next.accounts);
    for (const account of next.accounts) this.#accounts.put(account);
  }

  async #fetch(keys: readonly Uint8Array[], touched: readonly number[]): Promise<Fetched | undefined> {
    const floor = this.#heads.store;
    const [headRow, ...rest] = await this.#physical.get([storeHeadKey, ...touched.map(shardHeadKey), ...keys]);
    const expected = this.#expected;
    if (expected !== undefined && headRow !== undefined && equalBytes(headRow.value, expected.sealedHead)) {
      this.adopt(expected);
    }
    if (headRow === undefined || !this.#heads.isCurrent(headRow)) {
      // A commit of this process that was adopted in between makes the answer old, not suspect.
      return this.#heads.store === floor ? this.#fetchAll(keys, touched) : undefined;
    }
    return this.#verified(headRow, rest.slice(0, touched.length), rest.slice(touched.length), touched);
  }

  /** As `#fetch`, with the heads of all shards, for a head of the store that is new to this process. */
  async #fetchAll(keys: readonly Uint8Array[], touched: readonly number[]): Promise<Fetched | undefined> {
    const floor = this.#heads.store;
    const [headRow, ...rest] = await this.#physical.get([...allHeadKeys, ...keys]);
    const shardHeads = rest.slice(0, allShards.length);
    if (headRow !== undefined && !(await this.#learnTermOf(headRow))) return undefined;
    if (!this.#heads.accept(headRow, shardHeads, floor) || headRow === undefined) return undefined;
    const touchedHeads = touched.map((shard) => shardHeads[shard]);
    return this.#verified(headRow, touchedHeads, rest.slice(allShards.length), touched);
  }

  /**
   * Every commit seals the head of the store under its own term, so a term that another process began shows here first.
   * False when the store has gone on to a later one, and dropped this one, while it was read.
   */
  async #learnTermOf(headRow: Row): Promise<boolean> {
    if (await this.#keys.learn(boxTerm(headRow.value))) return true;
    const [now] = await this.#physical.get([storeHeadKey]);
    return now?.revision === headRow.revision;
  }

  #verified(
    headRow: Row,
    headRows: readonly (Row | undefined)[],
    rows: readonly (Row | undefined)[],
    touched: readonly number[],
  ): Fetched {
    const heads = touched.map((shard) => this.#heads.shard(shard));
    heads.forEach((known, index) => {
      const row = headRows[index];
      if (!isSame(known, row))
        throw notAsWritten(`the head of ${shardName(touched[index] ?? 0)} does not belong to the store`);
    });
    return { head: this.#heads.store, headRow, headRows, heads, rows };
  }

  async #statesOf(
    shards: readonly number[],
    fetched: Pick<Fetched, 'heads' | 'headRows'>,
  ): Promise<ReadonlyMap<number, ShardState> | undefined> {
    // All that are at hand first: while others are built, they may be replaced by newer ones.
    const atHand = shards.map((shard, index) => this.#accounts.known(shard, fetched.heads[index]));
    const states = new Map<number, ShardState>();
    for (const [index, shard] of shards.entries()) {
      const head = fetched.heads[index];
      const account = atHand[index] ?? (head && (await this.#accounts.build(shard, head)));
      if (account === undefined) return undefined;
      states.set(shard, { account, headRow: fetched.headRows[index] });
    }
    return states;
  }

  #check(account: ShardAccount | undefined, key: Uint8Array, row: Row | undefined): void {
    if (account?.digests === undefined) return;
    if (row === undefined) {
      if (account.digests.has(key)) throw notAsWritten(`a row of ${shardName(account.shard)} is missing`);
    } else if (!account.digests.matches(key, sha256(row.value))) {
      throw notAsWritten(`a row of ${shardName(account.shard)} is not the one that was written last`);
    }
  }
}

function isSame(known: KnownHead | undefined, row: Row | undefined): boolean {
  return known === undefined ? row === undefined : row !== undefined && equalBytes(row.value, known.sealed);
}

export function changedTooFast(): KeywardError {
  return new KeywardError('unavailable', 'the store changed faster than it could be read');
}
