import { ByteReader, concat, u8, u32, u64 } from '../../crypto/encoding.js';
import type { StorePosition } from './barrier.js';
import { notAsWritten } from './integrity-error.js';
import type { RowBoxes } from './row-boxes.js';
import { shardHeadKey, storeHeadKey } from './row-keys.js';

/**
 * The account over all shards: u64 epoch ‖ u64 commit ‖ set hash of the sealed shard heads (32) ‖ flags (1).
 * `rollbackDisputed` (flag 1) says that a store behind its anchor was opened and written to nevertheless: it outlives
 * the moment when the commit number passes the anchor's again, until the rollback is accepted.
 */
export interface StoreHead extends StorePosition {
  readonly headHash: Uint8Array;
  readonly rollbackDisputed: boolean;
}

/** The account of one shard: u8 shard ‖ u64 commit that last touched it ‖ u32 count ‖ set hash of its rows (32). */
export interface ShardHead {
  readonly commit: number;
  readonly count: number;
  readonly sum: Uint8Array;
}

const hashBytes = 32;

export function isBefore(a: StorePosition, b: StorePosition): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.commit < b.commit);
}

export function sealStoreHead(boxes: RowBoxes, head: StoreHead): Uint8Array {
  const flags = head.rollbackDisputed ? 1 : 0;
  const plain = concat(u64(head.epoch), u64(head.commit), head.headHash, u8(flags));
  return boxes.sealHead('store-head', storeHeadKey, plain);
}

export function openStoreHead(boxes: RowBoxes, sealed: Uint8Array): StoreHead {
  const reader = new ByteReader(boxes.openHead('store-head', storeHeadKey, sealed));
  const head = { epoch: reader.u64(), commit: reader.u64(), headHash: reader.bytes(hashBytes) };
  const flags = reader.u8();
  reader.end();
  if (flags > 1) throw notAsWritten('the head of the store has unknown flags');
  return { ...head, rollbackDisputed: flags === 1 };
}

export function sealShardHead(boxes: RowBoxes, shard: number, head: ShardHead): Uint8Array {
  const plain = concat(u8(shard), u64(head.commit), u32(head.count), head.sum);
  return boxes.sealHead('shard-head', shardHeadKey(shard), plain);
}

export function openShardHead(boxes: RowBoxes, shard: number, sealed: Uint8Array): ShardHead {
  const reader = new ByteReader(boxes.openHead('shard-head', shardHeadKey(shard), sealed));
  const named = reader.u8();
  const head = { commit: reader.u64(), count: reader.u32(), sum: reader.bytes(hashBytes) };
  reader.end();
  if (named !== shard) throw notAsWritten('the head of a shard names another');
  return head;
}
