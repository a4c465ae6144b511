import { sha256 } from '../../crypto/derive.js';
import { equalBytes } from '../../crypto/encoding.js';
import { addElement, emptySum } from '../../crypto/set-hash.js';
import type { PhysicalStore, Row } from '../physical/physical-store.js';
import { notAsWritten, shardName } from './integrity-error.js';
import { RowDigests, rowDigest } from './row-digests.js';
import { isControlShard, kindOfKey } from './row-keys.js';
import type { StoreKeys } from './store-keys.js';
import type { KnownHead, VerifiedHeads } from './verified-heads.js';

/** Secret shards with more rows are not held in memory. */
export const maxAccountedRows = 4096;

/**
 * What a shard holds, as of one head of it. Never changed: a reader keeps the one that belongs to its snapshot while
 * commits go on.
 */
export interface ShardAccount {
  readonly shard: number;
  /** `undefined` for a shard that nothing was ever written to. */
  readonly head: KnownHead | undefined;
  readonly commit: number;
  readonly count: number;
  readonly sum: Uint8Array;
  /** `undefined` for a secret shard of more than 4,096 rows. */
  readonly digests: RowDigests | undefined;
}

export function isAccounted(shard: number, count: number): boolean {
  return isControlShard(shard) || count <= maxAccountedRows;
}

/**
 * The accounts of the shards that were touched. The first touch, and every change by another process, lists the whole
 * shard and compares it with its head; after that a row is one comparison.
 *
 * The limit: in a secret shard of more than 4,096 rows, an old row put back, or a row removed, is not seen by reading it,
 * only by `verifyAll`. Control shards are verified whatever their size.
 */
export class ShardAccounts {
  readonly #physical: PhysicalStore;
  readonly #heads: VerifiedHeads;
  readonly #keys: StoreKeys;
  readonly #known = new Map<number, ShardAccount>();
  readonly #building = new Map<KnownHead, Promise<ShardAccount | undefined>>();

  constructor(physical: PhysicalStore, heads: VerifiedHeads, keys: StoreKeys) {
    this.#physical = physical;
    this.#heads = heads;
    this.#keys = keys;
  }

  /** The account as of this head, when it is at hand. */
  known(shard: number, head: KnownHead | undefined): ShardAccount | undefined {
    if (head === undefined) return { shard, head, commit: 0, count: 0, sum: emptySum(), digests: RowDigests.none };
    const account = this.#known.get(shard);
    return account?.head === head ? account : undefined;
  }

  /**
   * Verifies the shard against this head; `undefined` when the shard was changed meanwhile.
   *
   * @throws KeywardError `integrity`
   */
  build(shard: number, head: KnownHead): Promise<ShardAccount | undefined> {
    const running = this.#building.get(head);
    if (running !== undefined) return running;
    const building = this.#verify(shard, head).finally(() => this.#building.delete(head));
    this.#building.set(head, building);
    return building;
  }

  put(account: ShardAccount): void {
    // One that grew small enough again is built at the next touch.
    if (account.digests !== undefined || !isAccounted(account.shard, account.count)) {
      this.#known.set(account.shard, account);
    } else {
      this.#known.delete(account.shard);
    }
  }

  async #verify(shard: number, head: KnownHead): Promise<ShardAccount | undefined> {
    if (this.#heads.shard(shard) !== head) return undefined;
    const opened = this.#heads.open(shard, head);
    if (!isAccounted(shard, opened.count)) return this.#keep({ shard, head, ...opened, digests: undefined });
    const rows = RowDigests.collect(opened.count);
    let isSound = true;
    let sum = emptySum();
    let listedHead: Row | undefined;
    for await (const row of this.#physical.list(Uint8Array.of(shard))) {
      const kind = kindOfKey(row.key);
      if (kind === 'store-head') continue;
      if (kind === 'shard-head') {
        listedHead = row;
        continue;
      }
      const hash = sha256(row.value);
      // A row that is out of order would be found by a listing and not by its key, here as in the store.
      isSound &&= kind !== undefined && rows.add({ key: row.key, digest: rowDigest(hash) });
      sum = addElement(sum, this.#keys.element(row.key, row.value, hash));
    }
    if (listedHead === undefined || !equalBytes(listedHead.value, head.sealed)) return undefined;
    const digests = rows.collected();
    if (!isSound || digests === undefined || !equalBytes(sum, opened.sum)) {
      throw notAsWritten(`${shardName(shard)} does not hold the rows that its head accounts for`);
    }
    return this.#keep({ shard, head, ...opened, digests });
  }

  #keep(account: ShardAccount): ShardAccount {
    if (this.#heads.shard(account.shard) === account.head) this.put(account);
    return account;
  }
}
