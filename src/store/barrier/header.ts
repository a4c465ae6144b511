import type { Clock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { SlotDescription } from '../../core/slots.js';
import { backupIdentity } from '../../crypto/backup-identity.js';
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
import type { NewSlot, Slot } from './slots/slot.js';

/**
 * What is kept beside the rows of a store: the header, and its latch in a file of its own. The keyring opens only with
 * both the root key and the latch. A new root comes with a new latch, so a header of before, and the key of a slot that
 * was removed since, lead to no keyring: the latch that they need is gone.
 */
export interface StoredHeader {
  /** In one piece. */
  readonly bytes: Uint8Array;
  /** 32 random bytes. */
  readonly latch: Uint8Array;
}

/** An opened store: whoever holds it holds every key. */
export interface UnlockedHeader {
  readonly storeId: string;
  readonly keyring: Keyring;
  /** The root key, 32 bytes: never written anywhere in clear. */
  readonly root: Uint8Array;
}

/** A store opened by one of its slots. */
export interface OpenedHeader extends UnlockedHeader {
  readonly slotId: string;
  /** What the key of that slot stands for: opens later headers as long as they have the slot. */
  readonly recipient: Recipient;
}

export interface NewHeader extends UnlockedHeader, StoredHeader {}

/** What a header tells without any key; unverified. */
export interface HeaderDescription {
  readonly storeId: string;
  /** Id of the latch that belongs to it. */
  readonly latch: string;
  readonly slots: readonly SlotDescription[];
}

/** How a new root differs from the one before. */
export interface RootChange {
  /** Ids of slots that are to open the store no longer. */
  readonly remove?: readonly string[];
  /** Enrolled for the new root. */
  readonly add?: NewSlot | undefined;
  /** The keyring that follows the present one; the same when absent. */
  readonly keyring?: ((present: Keyring) => Keyring) | undefined;
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
  readonly slots: readonly NewSlot[];
}): Promise<NewHeader> {
  const { storeId, clock } = options;
  if (!storeIdPattern.test(storeId)) throw new KeywardError('invalid', 'the store id is not of the form it must have');
  requireSlotCount(options.slots.length);
  const root = randomBytes(32);
  const slots: SlotEntry[] = [];
  for (const slot of options.slots) slots.push(await enrol(slot, storeId, root, clock));
  return withNewLatch(storeId, slots, createKeyring(clock), root);
}

/**
 * Opens the store with the first of the slots whose key fits; each is tried on every entry of its kind. A slot that
 * cannot be reached (`unavailable`) is passed over, and named when no other one opens the store.
 *
 * @throws KeywardError `sealed` when none fits, `integrity` when the header is damaged or was changed, `unsupported`
 * when it is of another version of Keyward; what a slot's `unlock` throws.
 */
export async function unlockHeader({ bytes, latch }: StoredHeader, slots: readonly Slot[]): Promise<OpenedHeader> {
  const document = decodeHeader(bytes);
  let isOffered = false;
  let unreachable: KeywardError | undefined;
  for (const slot of slots) {
    for (const entry of document.slots.filter((candidate) => candidate.kind === slot.kind)) {
      const address = { storeId: document.storeId, slotId: entry.id };
      const slotKey = await slot.unlock(entry.parameters, address).catch((error: unknown) => {
        if (!isKeywardError(error, 'unavailable')) throw error;
        unreachable ??= error;
        return undefined;
      });
      if (slotKey === undefined) continue;
      isOffered = true;
      const recipient = deriveRecipient(slotKey, address);
      slotKey.fill(0);
      if (equalBytes(recipient.check, entry.check)) return open(document, latch, entry, recipient);
    }
  }
  if (unreachable !== undefined) throw unreachable;
  if (isOffered) throw new KeywardError('sealed', 'this key does not open the store');
  const kinds = [...new Set(document.slots.map((entry) => entry.kind))].join(', ');
  throw new KeywardError('sealed', `no key was offered for any slot of the store; it has: ${kinds}`);
}

/**
 * Opens the header that has taken the place of the one that was opened: by the same root, else by the same slot, whose
 * secret is not needed again.
 *
 * @throws KeywardError `sealed` when the root was replaced and the slot removed, else as `unlockHeader`.
 */
export function reopenHeader({ bytes, latch }: StoredHeader, opened: OpenedHeader): OpenedHeader {
  const document = decodeHeader(bytes);
  const { root, slotId, recipient } = opened;
  if (isAuthentic(document, root)) return { ...opened, keyring: openKeyring(document, latch, root) };
  const entry = document.slots.find((slot) => slot.id === slotId);
  if (entry === undefined) {
    throw new KeywardError('sealed', 'the slot that opened the store was removed or changed', {
      advice: 'Open the store again, with one of the slots that it has now.',
    });
  }
  return open(document, latch, entry, recipient);
}

/**
 * The header with one more slot. Needs none of the other slots' keys, and keeps root and latch.
 *
 * @throws KeywardError `integrity` when the bytes are not a header of the unlocked store, `invalid` when it has 16 slots
 * already (nothing is enrolled then); what the slot's `enrol` throws.
 */
export async function addSlot(
  { bytes, latch }: StoredHeader,
  unlocked: UnlockedHeader,
  slot: NewSlot,
  clock: Clock,
): Promise<StoredHeader> {
  const document = verifiedDocument(bytes, unlocked.root);
  requireSlotCount(document.slots.length + 1);
  const entry = await enrol(slot, document.storeId, unlocked.root, clock);
  return { bytes: authenticate({ ...document, slots: [...document.slots, entry] }, unlocked.root), latch };
}

/**
 * The header with another keyring under the same root and latch.
 *
 * @throws KeywardError `integrity` when the bytes are not a header of the unlocked store.
 */
export function replaceKeyring(
  { bytes, latch }: StoredHeader,
  { storeId, root }: UnlockedHeader,
  keyring: Keyring,
): StoredHeader {
  const document = verifiedDocument(bytes, root);
  return { bytes: authenticate({ ...document, keyring: sealKeyring(storeId, root, latch, keyring) }, root), latch };
}

/**
 * A header with a new root key and a new latch, the root wrapped for the public keys of the slots that stay: their
 * secrets are not needed. Once it has taken the place of the one before, nothing of the present store opens with that.
 *
 * @throws KeywardError `integrity` when the bytes are not a header of the unlocked store, `not_found` for a slot that it
 * does not have, `invalid` when no slot or more than 16 would be left (nothing is enrolled then); what the slot's
 * `enrol` throws.
 */
export async function replaceRoot(
  { bytes }: StoredHeader,
  unlocked: UnlockedHeader,
  change: RootChange,
  clock: Clock,
): Promise<NewHeader> {
  const { storeId, slots } = verifiedDocument(bytes, unlocked.root);
  const removed = change.remove ?? [];
  for (const id of removed) {
    if (!slots.some((slot) => slot.id === id)) throw new KeywardError('not_found', `the store has no slot ${id}`);
  }
  const staying = slots.filter((slot) => !removed.includes(slot.id));
  requireSlotCount(staying.length + (change.add === undefined ? 0 : 1));
  const root = randomBytes(32);
  const wrapped = staying.map((slot): SlotEntry => {
    const { ephemeralKey, box } = wrapRoot(root, slot.publicKey, { storeId, slotId: slot.id });
    return { ...slot, ephemeralKey, root: box };
  });
  const added = change.add === undefined ? [] : [await enrol(change.add, storeId, root, clock)];
  const keyring = change.keyring?.(unlocked.keyring) ?? unlocked.keyring;
  return withNewLatch(storeId, [...wrapped, ...added], keyring, root);
}

/**
 * The public keys to which a backup of the store is sealed: those of the slots whose key opens it without anything that
 * lies inside of it.
 */
export function backupKeys({ bytes }: StoredHeader): readonly { readonly kind: string; readonly key: Uint8Array }[] {
  return decodeHeader(bytes).slots.flatMap(({ kind, backupKey }) =>
    backupKey !== undefined && (kind === 'recovery' || kind === 'keyfile') ? [{ kind, key: backupKey }] : [],
  );
}

/** @throws KeywardError `integrity` or `unsupported` as `unlockHeader` does. */
export function describeHeader(bytes: Uint8Array): HeaderDescription {
  const { storeId, latch, slots } = decodeHeader(bytes);
  return { storeId, latch, slots: slots.map(({ id, kind, createdAt }) => ({ id, kind, createdAt })) };
}

function requireSlotCount(count: number): void {
  if (count < 1) throw new KeywardError('invalid', 'a store needs at least one slot to unlock it');
  if (count > maxSlots) throw new KeywardError('invalid', `a store has at most ${maxSlots} slots`);
}

async function enrol(slot: NewSlot, storeId: string, root: Uint8Array, clock: Clock): Promise<SlotEntry> {
  const address = { storeId, slotId: toHex(randomBytes(16)) };
  const { slotKey, parameters } = await slot.enrol(address);
  const { publicKey, check } = deriveRecipient(slotKey, address);
  const { ephemeralKey, box } = wrapRoot(root, publicKey, address);
  const { publicKey: backupKey } = backupIdentity(slotKey);
  const named = { id: address.slotId, kind: slot.kind, createdAt: new Date(clock.now()) };
  return { ...named, publicKey, check, backupKey, parameters, ephemeralKey, root: box };
}

function withNewLatch(storeId: string, slots: readonly SlotEntry[], keyring: Keyring, root: Uint8Array): NewHeader {
  const latch = randomBytes(32);
  const sealed = sealKeyring(storeId, root, latch, keyring);
  const content = { storeId, latch: toHex(randomBytes(16)), slots, keyring: sealed };
  return { bytes: authenticate(content, root), latch, storeId, keyring, root };
}

function open(document: HeaderDocument, latch: Uint8Array, entry: SlotEntry, recipient: Recipient): OpenedHeader {
  const { storeId } = document;
  const root = unwrapRoot({ ephemeralKey: entry.ephemeralKey, box: entry.root }, recipient, {
    storeId,
    slotId: entry.id,
  });
  verify(document, root);
  return { storeId, keyring: openKeyring(document, latch, root), root, slotId: entry.id, recipient };
}

function openKeyring({ storeId, keyring }: HeaderDocument, latch: Uint8Array, root: Uint8Array): Keyring {
  return decodeKeyring(openBox(keyringKey(root, latch), keyringContext(storeId), keyring));
}

function sealKeyring(storeId: string, root: Uint8Array, latch: Uint8Array, keyring: Keyring): Uint8Array {
  return sealBox(keyringKey(root, latch), 0, keyringContext(storeId), encodeKeyring(keyring));
}

function authenticate(content: HeaderContent, root: Uint8Array): Uint8Array {
  return encodeHeader({ ...content, mac: prf(macKey(root), coveredBytes(content)) });
}

function verifiedDocument(bytes: Uint8Array, root: Uint8Array): HeaderDocument {
  const document = decodeHeader(bytes);
  verify(document, root);
  return document;
}

function verify(document: HeaderDocument, root: Uint8Array): void {
  if (!isAuthentic(document, root)) throw damagedHeader();
}

function isAuthentic(document: HeaderDocument, root: Uint8Array): boolean {
  return equalBytes(prf(macKey(root), coveredBytes(document)), document.mac);
}

function macKey(root: Uint8Array): Uint8Array {
  return hkdf(root, new Uint8Array(0), 'keyward/v1/header');
}

function keyringKey(root: Uint8Array, latch: Uint8Array): BoxKey {
  return new BoxKey(hkdf(root, latch, 'keyward/v1/keyring'));
}

function keyringContext(storeId: string) {
  return { storeId, kind: 'keyring', rowKey: 'header/keyring', version: 0, schema: 1 } as const;
}
