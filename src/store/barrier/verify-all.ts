import type { OnProgress } from '../../core/progress.js';
import { boxTerm } from '../../crypto/box.js';
import { equalBytes } from '../../crypto/encoding.js';
import { addElement, emptySum } from '../../crypto/set-hash.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import { isBefore, openShardHead, openStoreHead, type StoreHead } from './heads.js';
import { notAsWritten, shardName } from './integrity-error.js';
import type { FoundRow, RowBoxes } from './row-boxes.js';
import { kindOfKey, shardCount, shardOfKey } from './row-keys.js';
import type { StoreKeys } from './store-keys.js';

export interface VerifyAllOptions {
  /**
   * Told the term of every box but the payloads', with what it holds where it is no head. The pass goes on when it is
   * done; what it throws ends it.
   */
  readonly onRow?: ((term: number, row: FoundRow | undefined) => Promise<void> | undefined) | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * One pass over one snapshot of the whole store: every row that the keyring opens is opened and must name its own key,
 * every shard must hold what its head accounts for, and the heads must be those of the store. Payloads are covered by
 * the accounts; they are sealed under keys of their own.
 *
 * @param floor what this process saw last.
 * @throws KeywardError `integrity` naming the first difference.
 */
export async function verifyAll(
  parts: { readonly physical: Pick<PhysicalStore, 'list'>; readonly keys: StoreKeys; readonly boxes: RowBoxes },
  floor: StoreHead,
  { onRow, onProgress }: VerifyAllOptions = {},
): Promise<{ readonly rows: number }> {
  const { physical, keys, boxes } = parts;
  let rows = 0;
  let tally = { shard: -1, count: 0, sum: emptySum() };
  let headHash = emptySum();
  let storeHead: StoreHead | undefined;
  const assertAccounted = () => {
    if (tally.count > 0) throw notAsWritten(`${shardName(tally.shard)} has rows behind its head, or no head`);
  };
  for await (const { key, value } of physical.list(new Uint8Array(0))) {
    const shard = shardOfKey(key);
    const kind = kindOfKey(key);
    if (shard !== tally.shard) {
      assertAccounted();
      tally = { shard, count: 0, sum: emptySum() };
      onProgress?.({ step: 'verifying', part: shard / shardCount });
    }
    if (kind === undefined) throw notAsWritten(`${shardName(shard)} holds a row with a key that Keyward does not make`);
    if (kind !== 'payload') await keys.learn(boxTerm(value));
    if (kind === 'store-head') {
      storeHead = openStoreHead(boxes, value);
      onRow?.(boxTerm(value), undefined);
    } else if (kind === 'shard-head') {
      const head = openShardHead(boxes, shard, value);
      if (head.count !== tally.count || !equalBytes(head.sum, tally.sum)) {
        throw notAsWritten(`${shardName(shard)} does not hold the rows that its head accounts for`);
      }
      onRow?.(boxTerm(value), undefined);
      headHash = addElement(headHash, keys.element(key, value));
      rows += tally.count;
      tally = { shard, count: 0, sum: emptySum() };
    } else {
      const found = kind === 'payload' ? undefined : boxes.openFound(kind, key, value);
      const handled = found && onRow?.(boxTerm(value), found);
      if (handled !== undefined) await handled;
      tally = { shard, count: tally.count + 1, sum: addElement(tally.sum, keys.element(key, value)) };
    }
  }
  assertAccounted();
  if (storeHead === undefined) throw notAsWritten('the head of the store is missing');
  if (isBefore(storeHead, floor)) throw notAsWritten(`the store went back behind commit ${floor.commit}`);
  const isSameCommit = !isBefore(floor, storeHead);
  if (!equalBytes(headHash, storeHead.headHash) || (isSameCommit && !equalBytes(headHash, floor.headHash))) {
    throw notAsWritten('the heads of the shards do not belong to the store');
  }
  return { rows };
}
