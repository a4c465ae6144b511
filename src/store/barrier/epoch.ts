import { KeywardError } from '../../core/errors.js';
import { encodeAnchor, openAnchor } from './anchor.js';
import { type AnchorPlace, turnWithinMs } from './anchor-keeper.js';
import { OutcomeUnknown, type StorePosition } from './barrier.js';
import { type StoreHead, sealStoreHead } from './heads.js';
import { storeHeadKey } from './row-keys.js';
import type { StoreParts } from './store-parts.js';

/**
 * Begins an epoch above every one that store or anchor have seen, with the content that the store has now, and places
 * the anchor there.
 *
 * @throws KeywardError `conflict` when somebody else commits at the same time.
 */
export async function beginEpoch(parts: StoreParts, place: AnchorPlace | undefined): Promise<StorePosition> {
  const anchorBytes = place?.file.read();
  const anchored = anchorBytes && openAnchor(parts.keys, parts.storeId, anchorBytes);
  const accepted = await raiseEpoch(parts, anchored?.epoch ?? 0);
  await placeAnchor(parts, place, accepted);
  return { epoch: accepted.epoch, commit: accepted.commit };
}

/**
 * Begins an epoch above that of the store and the given one. The anchor is left as it is.
 *
 * @throws KeywardError `conflict` when somebody else commits at the same time.
 */
export async function raiseEpoch(parts: StoreParts, seen: number): Promise<StoreHead> {
  const { head, headRow } = await parts.reader.read([]);
  const epoch = Math.max(head.epoch, seen) + 1;
  const accepted = { epoch, commit: head.commit + 1, headHash: head.headHash, rollbackDisputed: false };
  if (!(await commitHead(parts, accepted, headRow.revision))) {
    throw new KeywardError('conflict', 'the store was changed while the rollback was being accepted', {
      advice: 'Stop what writes to the store, then accept again.',
    });
  }
  return accepted;
}

/** False when the head is another one by now. @throws OutcomeUnknown */
export async function commitHead(parts: StoreParts, head: StoreHead, revision: string | undefined): Promise<boolean> {
  const outcome = await parts.physical.commit({
    require: [{ key: storeHeadKey, revision }],
    put: [{ key: storeHeadKey, value: sealStoreHead(parts.boxes, head) }],
    remove: [],
  });
  if (outcome.kind === 'unknown') throw new OutcomeUnknown(outcome.cause);
  return outcome.kind === 'committed';
}

/** Replaces whatever anchor is there. */
export async function placeAnchor(parts: StoreParts, place: AnchorPlace | undefined, head: StoreHead): Promise<void> {
  const bytes = encodeAnchor(parts.keys, parts.storeId, head);
  const write = () => {
    place?.file.write(bytes);
    return { state: undefined, result: undefined };
  };
  await place?.sequencer.exclusive(write, { deadlineMs: turnWithinMs });
}
