import type { SlotKind } from '../compose/registry.js';
import { KeywardError } from '../core/errors.js';
import type { SlotDescription } from '../core/slots.js';

const kinds: Readonly<Record<SlotKind, true>> = { keyfile: true, keyring: true, passphrase: true, recovery: true };

/** How an id is shown where the whole of it is not needed. */
export const shortId = (id: string): string => id.slice(0, 8);

/** @throws KeywardError `invalid` */
export function slotKind(word: string): SlotKind {
  if (isKind(word)) return word;
  throw new KeywardError('invalid', 'there is no such kind of slot', {
    advice: `Use one of: ${Object.keys(kinds).join(', ')}.`,
  });
}

/**
 * The slot that the word means: an id, the beginning of one, or a kind that only one slot has.
 *
 * @throws KeywardError `not_found`, `invalid` when it could be several.
 */
export function chooseSlot(slots: readonly SlotDescription[], word: string): SlotDescription {
  const meant = slots.filter((slot) => slot.kind === word || (word.length >= 4 && slot.id.startsWith(word)));
  const [slot, another] = meant;
  const advice = 'See them with: keyward slot list';
  if (slot === undefined) throw new KeywardError('not_found', 'the store has no slot of that kind or id', { advice });
  if (another !== undefined) {
    throw new KeywardError('invalid', `${meant.length} slots of the store are meant by it`, { advice });
  }
  return slot;
}

function isKind(word: string): word is SlotKind {
  return Object.hasOwn(kinds, word);
}
