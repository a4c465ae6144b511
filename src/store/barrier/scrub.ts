import { equalBytes } from '../../crypto/encoding.js';
import { addElement, emptySum } from '../../crypto/set-hash.js';
import type { Row } from '../physical/physical-store.js';
import { notAsWritten, shardName } from './integrity-error.js';
import { allShards, kindOfKey } from './row-keys.js';
import { isAccounted } from './shard-accounts.js';
import type { StoreParts } from './store-parts.js';

export interface ScrubOptions {
  /** Awaited after each shard, so that a round takes little of the machine. */
  readonly rest?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Parts = Pick<StoreParts, 'physical' | 'keys' | 'reader'>;

/**
 * Compares the shards that are too large to be verified when they are read with their heads, one after the other. One
 * that changes meanwhile is left to the next round.
 *
 * @returns how many were compared.
 * @throws KeywardError `integrity` naming the first shard that is not as it was written.
 */
export async function scrub(parts: Parts, { rest, signal }: ScrubOptions = {}): Promise<number> {
  let compared = 0;
  for (const shard of allShards) {
    signal?.throwIfAborted();
    const { account, headRow } = (await parts.reader.read([], [shard])).shards.get(shard) ?? {};
    if (account === undefined || headRow === undefined || isAccounted(shard, account.count)) continue;
    const listed = await list(parts, shard);
    if (listed.head === undefined || equalBytes(listed.head.value, headRow.value)) {
      if (listed.count !== account.count || !equalBytes(listed.sum, account.sum) || listed.head === undefined) {
        throw notAsWritten(`${shardName(shard)} does not hold the rows that its head accounts for`);
      }
      compared += 1;
    }
    await rest?.();
  }
  return compared;
}

async function list({ physical, keys }: Parts, shard: number) {
  let sum = emptySum();
  let count = 0;
  let head: Row | undefined;
  for await (const row of physical.list(Uint8Array.of(shard))) {
    const kind = kindOfKey(row.key);
    if (kind === 'store-head') continue;
    if (kind === 'shard-head') {
      head = row;
      continue;
    }
    sum = addElement(sum, keys.element(row.key, row.value));
    count += 1;
  }
  return { sum, count, head };
}
