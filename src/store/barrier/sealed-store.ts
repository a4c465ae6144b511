import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Observer } from '../../core/observer.js';
import { emptySum } from '../../crypto/set-hash.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import { compareWithAnchor } from './anchor.js';
import { AnchorKeeper, type AnchorPlace } from './anchor-keeper.js';
import type { StorePosition } from './barrier.js';
import { beginEpoch, commitHead, placeAnchor } from './epoch.js';
import { foreignAnchor } from './integrity-error.js';
import type { Keyring } from './keyring.js';
import { SealedBarrier } from './sealed-barrier.js';
import type { KeyringReload } from './store-keys.js';
import { wireStore } from './store-parts.js';

export interface SealedStoreOptions {
  readonly physical: PhysicalStore;
  readonly storeId: string;
  readonly keyring: Keyring;
  /** Absent: terms that another process begins are not learned of, and what is sealed under them does not open. */
  readonly reloadKeyring?: KeyringReload | undefined;
  readonly clock: Clock;
  /** Absent: no anchor is kept, and a store that was put back as a whole is noticed only while a process has it open. */
  readonly anchor?: AnchorPlace | undefined;
}

export interface OpenSealedStoreOptions extends SealedStoreOptions {
  /** What to do with a store that is behind its anchor: refuse it, or warn at every opening until it is accepted. */
  readonly onRollback: 'refuse' | 'warn';
  readonly observer: Observer;
}

/**
 * Makes an empty store. Exactly one of several creators succeeds.
 *
 * @throws KeywardError `conflict` when there is a store already, `OutcomeUnknown` when it cannot be told.
 */
export async function createSealedStore(options: SealedStoreOptions): Promise<void> {
  const parts = wireStore(options);
  const head = { epoch: 1, commit: 1, headHash: emptySum(), rollbackDisputed: false };
  const isNew = await commitHead(parts, head, undefined);
  if (!isNew) {
    throw new KeywardError('conflict', 'there is a store already', { advice: 'Open it, or choose another folder.' });
  }
  await placeAnchor(parts, options.anchor, head);
  parts.keys.forget();
}

/**
 * Opens the store and compares it with its anchor. The physical store stays the caller's to close.
 *
 * @throws KeywardError `integrity` when the heads are missing or not of this keyring, when the anchor was not made by
 * it, or, with `refuse`, when the store is older than its anchor.
 */
export async function openSealedStore(options: OpenSealedStoreOptions): Promise<SealedBarrier> {
  const { anchor: place, observer, clock, storeId } = options;
  const parts = wireStore(options);
  // Read before the head: a commit in between then makes the store newer than the anchor, which is no rollback.
  const anchorBytes = place?.file.read();
  const { head } = await parts.reader.read([]);
  const keeper = place && new AnchorKeeper({ place, storeId, keys: parts.keys, clock, observer });
  const verdict = anchorBytes === undefined ? 'missing' : compareWithAnchor(parts.keys, storeId, head, anchorBytes);
  if (verdict === 'foreign') throw foreignAnchor(whereOf(place));
  const isDisputed = head.rollbackDisputed || verdict === 'disagrees';
  if (isDisputed) {
    if (options.onRollback === 'refuse') throw rolledBack(place);
    observer.finding({
      severity: 'error',
      where: whereOf(place),
      cause: rolledBackMessage,
      fix: 'If you put back a backup yourself, run: keyward store accept-rollback. Otherwise compare with a backup.',
    });
  } else if (place !== undefined && verdict === 'missing') {
    observer.finding({
      severity: 'warning',
      where: place.file.where,
      cause: 'the anchor of the store was missing and has been made anew',
      fix: 'If the state folder was not removed on purpose, compare the store with a backup.',
    });
  }
  if (!isDisputed && verdict !== 'same') keeper?.note(head);
  return new SealedBarrier(parts, { place, keeper, disputedEpoch: isDisputed ? head.epoch : undefined });
}

/**
 * Declares the present content to be the true one after a rollback or a restored backup: begins an epoch above every one
 * seen and places the anchor there. Whatever was issued in older epochs is void.
 *
 * @throws KeywardError `conflict` when somebody else commits at the same time.
 */
export async function acceptRollback(options: SealedStoreOptions): Promise<StorePosition> {
  const parts = wireStore(options);
  const accepted = await beginEpoch(parts, options.anchor);
  parts.keys.forget();
  return accepted;
}

const rolledBackMessage = 'the store is older than its anchor, or another one of the same age';

function rolledBack(place: AnchorPlace | undefined): KeywardError {
  return new KeywardError('integrity', `${rolledBackMessage} (${whereOf(place)})`, {
    advice: 'If you put back a backup yourself, run: keyward store accept-rollback. Otherwise compare with a backup.',
  });
}

function whereOf(place: AnchorPlace | undefined): string {
  return place?.file.where ?? 'the store';
}
