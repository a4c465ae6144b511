import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { BoxKey, openBox, sealBox } from '../../crypto/box.js';
import { hkdf, prf } from '../../crypto/derive.js';
import { equalBytes, toHex } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { deriveRecipient, type Recipient, unwrapRoot, wrapRoot } from '../../crypto/recipient.js';
import {
  coveredBytes,
  damagedHeader,
  decodeHeader,
  encodeHeader,
  type HeaderContent,
  type HeaderDocument,
  maxSlots,
  type SlotEntry,
  storeIdPattern,
} from './header-document.js';
import { createKeyring, decodeKeyring, encodeKeyring, type Keyring } from './keyring.js';
import type { Slot } from './slots/slot.js';

/** An opened store: whoever holds it holds every key. */
export interface UnlockedHeader {
  readonly storeId: string;
  readonly keyring: Keyring;
  /** The root key, 32 bytes: never written anywhere in clear. */
  readonly root: Uint8Array;
}

export interface NewHeader extends UnlockedHeader {
  /** What is kept beside the store, in one piece. */
  readonly bytes: Uint8Array;
}

/** What a header tells without any key; unverified. */
export interface HeaderDescription {
  readonly storeId: string;
  readonly slots: readonly { readonly id: string; readonly kind: string; readonly createdAt: Date }[];
}

/**
 * A new root key and keyring, the root wrapped for every slot. Enrols the slots one after the other.
 *
 * @throws KeywardError `invalid` for a wrong store id, without a slot or with more than 16 (nothing is enrolled then);
 * what a slot's `enrol` throws.
 */
export async function createHeader(options: {
  /** 1 to 64 letters, digits, `.`, `_`, `-`. Bound into everything that is sealed in the store. */
  readonly storeId: string;
  readonly clock: Clock;
  readonly slots: readonly Slot[];
}): Promise<NewHeader> {
  const { storeId, clock } = options;
  if (!storeIdPattern.test(storeId)) throw new KeywardError('invalid', 'the store id is not of the form it must have');
  requireSlotCount(options.slots.length);
  const root = randomBytes(32);
  const keyring = createKeyring(clock);
  const slots: SlotEntry[] = [];
  for (const slot of options.slots) slots.push(await enrol(slot, storeId, root, clock));
  const sealed = sealBox(rootKeys(root).keyring, 0, keyringContext(storeId), encodeKeyring(keyring));
  return { bytes: authenticate({ storeId, slots, keyring: sealed }, root), storeId, keyring, root };
}

/**
 * Opens the store with the first of the slots whose key fits; each is tried on every entry of its kind.
 *
 * @throws KeywardError `sealed` when none fits, `integrity` when the header is damaged or was changed, `unsupported`
 * when it is of a newer Keyward; what a slot's `unlock` throws.
 */
export async function unlockHeader(bytes: Uint8Array, slots: readonly Slot[]): Promise<UnlockedHeader> {
  const document = decodeHeader(bytes);
  let isOffered = false;
  for (const slot of slots) {
    for (const entry of document.slots.filter((candidate) => candidate.kind === slot.kind)) {
      const slotKey = await slot.unlock(entry.parameters);
      if (slotKey === undefined) continue;
      isOffered = true;
      const recipient = deriveRecipient(slotKey, { storeId: document.storeId, slotId: entry.id });
      if (equalBytes(recipient.check, entry.check)) return open(document, entry, recipient);
    }
  }
  if (isOffered) throw new KeywardError('sealed', 'this key does not open the store');
  const kinds = [...new Set(document.slots.map((entry) => entry.kind))].join(', ');
  throw new KeywardError('sealed', `no key was offered for any slot of the store; it has: ${kinds}`);
}

/**
 * The header with one more slot. Needs none of the other slots' keys.
 *
 * @throws KeywardError `integrity` when the bytes are not a header of the unlocked store, `invalid` when it has 16 slots
 * already (nothing is enrolled then); what the slot's `enrol` throws.
 */
export async function addSlot(
  bytes: Uint8Array,
  unlocked: UnlockedHeader,
  slot: Slot,
  clock: Clock,
): Promise<Uint8Array> {
  const document = decodeHeader(bytes);
  verify(document, unlocked.root);
  requireSlotCount(document.slots.length + 1);
  const entry = await enrol(slot, document.storeId, unlocked.root, clock);
  return authenticate({ ...document, slots: [...document.slots, entry] }, unlocked.root);
}

/** @throws KeywardError `integrity` or `unsupported` as `unlockHeader` does. */
export function describeHeader(bytes: Uint8Array): HeaderDescription {
  const { storeId, slots } = decodeHeader(bytes);
  return { storeId, slots: slots.map(({ id, kind, createdAt }) => ({ id, kind, createdAt })) };
}

function requireSlotCount(count: number): void {
  if (count < 1) throw new KeywardError('invalid', 'a store needs at least one slot to unlock it');
  if (count > maxSlots) throw new KeywardError('invalid', `a store has at most ${maxSlots} slots`);
}

async function enrol(slot: Slot, storeId: string, root: Uint8Array, clock: Clock): Promise<SlotEntry> {
  const { slotKey, parameters } = await slot.enrol();
  const id = toHex(randomBytes(16));
  const { publicKey, check } = deriveRecipient(slotKey, { storeId, slotId: id });
  const { ephemeralKey, box } = wrapRoot(root, publicKey, { storeId, slotId: id });
  const createdAt = new Date(clock.now());
  return { id, kind: slot.kind, createdAt, publicKey, check, parameters, ephemeralKey, root: box };
}

function open(document: HeaderDocument, entry: SlotEntry, recipient: Recipient): UnlockedHeader {
  const { storeId } = document;
  const root = unwrapRoot({ ephemeralKey: entry.ephemeralKey, box: entry.root }, recipient, {
    storeId,
    slotId: entry.id,
  });
  verify(document, root);
  const keyring = decodeKeyring(openBox(rootKeys(root).keyring, keyringContext(storeId), document.keyring));
  return { storeId, keyring, root };
}

function authenticate(content: HeaderContent, root: Uint8Array): Uint8Array {
  return encodeHeader({ ...content, mac: prf(rootKeys(root).mac, coveredBytes(content)) });
}

function verify(document: HeaderDocument, root: Uint8Array): void {
  if (!equalBytes(prf(rootKeys(root).mac, coveredBytes(document)), document.mac)) throw damagedHeader();
}

function rootKeys(root: Uint8Array) {
  const noSalt = new Uint8Array(0);
  return {
    mac: hkdf(root, noSalt, 'keyward/v1/header'),
    keyring: new BoxKey(hkdf(root, noSalt, 'keyward/v1/keyring')),
  };
}

function keyringContext(storeId: string) {
  return { storeId, kind: 'keyring', rowKey: 'header/keyring', version: 0, schema: 1 } as const;
}
