import { equalBytes } from '../../crypto/encoding.js';
import { addElement, emptySum } from '../../crypto/set-hash.js';
import type { Row } from '../physical/physical-store.js';
import type { StorePosition } from './barrier.js';
import { isBefore, openShardHead, openStoreHead, type ShardHead, type StoreHead } from './heads.js';
import { notAsWritten, shardName } from './integrity-error.js';
import type { RowBoxes } from './row-boxes.js';
import { allShards, shardHeadKey } from './row-keys.js';
import type { StoreKeys } from './store-keys.js';

/** The head of a shard as it lies in the store, known to belong to the head of the store. The object is its identity. */
export interface KnownHead {
  readonly sealed: Uint8Array;
  readonly element: Uint8Array;
  /** Its commit number must be greater: that of the heads known before it. */
  readonly after: number;
  opened: ShardHead | undefined;
}

interface ChangedShard {
  readonly shard: number;
  readonly head: KnownHead | undefined;
}

/** The heads that this process saw last. They only move forward. */
export class VerifiedHeads {
  readonly #boxes: RowBoxes;
  readonly #keys: StoreKeys;
  #sealed: Uint8Array | undefined;
  #store: StoreHead = { epoch: 0, commit: 0, headHash: emptySum(), rollbackDisputed: false };
  #shards: readonly (KnownHead | undefined)[] = [];

  constructor(boxes: RowBoxes, keys: StoreKeys) {
    this.#boxes = boxes;
    this.#keys = keys;
  }

  get store(): StoreHead {
    return this.#store;
  }

  isCurrent(storeHead: Row | undefined): boolean {
    return storeHead !== undefined && this.#sealed !== undefined && equalBytes(storeHead.value, this.#sealed);
  }

  shard(shard: number): KnownHead | undefined {
    return this.#shards[shard];
  }

  /** The content of a shard's head, opened once. */
  open(shard: number, known: KnownHead): ShardHead {
    if (known.opened !== undefined) return known.opened;
    const opened = openShardHead(this.#boxes, shard, known.sealed);
    if (opened.commit <= known.after || opened.commit > this.#store.commit) {
      throw notAsWritten(`${shardName(shard)} has a head of another commit`);
    }
    known.opened = opened;
    return opened;
  }

  /**
   * Takes in the head of the store and the heads of all shards of one snapshot.
   *
   * @param floor what had been seen when the snapshot was asked for: an older one cannot be honest.
   * @returns false when newer heads were seen meanwhile, so that the snapshot is of no use.
   * @throws KeywardError `integrity`
   */
  accept(storeHead: Row | undefined, shardHeads: readonly (Row | undefined)[], floor: StorePosition): boolean {
    if (storeHead === undefined) throw notAsWritten('the head of the store is missing');
    const head = openStoreHead(this.#boxes, storeHead.value);
    if (isBefore(head, floor)) throw notAsWritten(`the store went back behind commit ${floor.commit}`);
    if (isBefore(head, this.#store)) return false;
    if (!isBefore(this.#store, head) && !this.isCurrent(storeHead)) {
      throw notAsWritten(`commit ${head.commit} exists in two forms`);
    }
    const shards = allShards.map((shard) => this.#known(shard, shardHeads[shard], head));
    const sum = shards.reduce((total, known) => (known ? addElement(total, known.element) : total), emptySum());
    if (!equalBytes(sum, head.headHash)) throw notAsWritten('the heads of the shards do not belong to the store');
    this.#sealed = storeHead.value;
    this.#store = head;
    this.#shards = shards;
    return true;
  }

  /** Takes in what this process committed itself. */
  advance(sealed: Uint8Array, head: StoreHead, changed: readonly ChangedShard[]): void {
    const heads = new Map(changed.map((change) => [change.shard, change.head]));
    this.#sealed = sealed;
    this.#store = head;
    this.#shards = allShards.map((shard) => heads.get(shard) ?? this.#shards[shard]);
  }

  #known(shard: number, row: Row | undefined, head: StoreHead): KnownHead | undefined {
    const last = this.#shards[shard];
    if (row === undefined) return undefined;
    if (last !== undefined && equalBytes(last.sealed, row.value)) return last;
    // An accepted rollback begins an epoch in which shards may have older commits than were seen before it.
    const after = head.epoch === this.#store.epoch ? (last?.opened?.commit ?? last?.after ?? 0) : 0;
    return {
      sealed: row.value,
      element: this.#keys.element(shardHeadKey(shard), row.value),
      after,
      opened: undefined,
    };
  }
}
