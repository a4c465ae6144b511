import type { Clock } from '../../core/clock.js';
import { boxTerm } from '../../crypto/box.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import { compareWithAnchor, openAnchor } from './anchor.js';
import type { AnchorPlace } from './anchor-keeper.js';
import { placeAnchor } from './epoch.js';
import { foreignAnchor } from './integrity-error.js';
import { type Keyring, withKeysReplaced } from './keyring.js';
import type { KeyringPlace } from './keyring-place.js';
import { storeHeadKey } from './row-keys.js';
import { StoreKeys } from './store-keys.js';
import { wireStore } from './store-parts.js';

export interface ReplacedKeysOptions {
  readonly physical: PhysicalStore;
  readonly storeId: string;
  readonly keyring: Keyring;
  readonly place: KeyringPlace;
  readonly anchor: AnchorPlace;
  readonly clock: Clock;
}

/**
 * The keyring that the files are of which count. Where a replacement of the keys came as far as its new files and was
 * cut off then, this is what was left to do: the anchor is made anew, then the keys of before are let go.
 *
 * @throws KeywardError `integrity` when neither the keys of before nor those of now made the anchor, or the store is
 * older than it.
 */
export async function settleReplacedKeys(options: ReplacedKeysOptions): Promise<Keyring> {
  const { physical, storeId, keyring, place, anchor, clock } = options;
  if (keyring.next === undefined) return keyring;
  const [head] = await physical.get([storeHeadKey]);
  if (head === undefined || boxTerm(head.value) !== keyring.next.term.term) return keyring;
  const replaced = withKeysReplaced(keyring);
  const parts = wireStore({ physical, storeId, keyring: replaced, clock });
  const now = (await parts.reader.read([])).head;
  const there = anchor.file.read();
  if (there !== undefined && openAnchor(parts.keys, storeId, there) === undefined) {
    const before = new StoreKeys(keyring);
    if (compareWithAnchor(before, storeId, now, there) !== 'ahead') throw foreignAnchor(anchor.file.where);
    before.forget();
    await placeAnchor(parts, anchor, now);
  }
  parts.keys.forget();
  await place.change((present) => (isSame(present, keyring) ? withKeysReplaced(present) : present));
  return replaced;
}

function isSame(a: Keyring, b: Keyring): boolean {
  return a.next?.term.term === b.next?.term.term;
}
