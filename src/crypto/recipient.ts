import type { SlotAddress } from '../core/slots.js';
import { BoxKey, openBox, sealBox } from './box.js';
import { hkdf } from './derive.js';
import { concat, lp } from './encoding.js';
import { randomBytes } from './random.js';
import { x25519, x25519PublicKey } from './x25519.js';

/** A slot as a recipient of the root key: whoever knows the public key can wrap for it, only the slot key unwraps. */
export interface Recipient {
  readonly publicKey: Uint8Array;
  /** Tells whether a slot key is this slot's before anything is opened with it; 32 bytes, reveals nothing else. */
  readonly check: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** The root key, wrapped for one slot. */
export interface WrappedRoot {
  readonly ephemeralKey: Uint8Array;
  readonly box: Uint8Array;
}

/**
 * The recipient that a slot key stands for; the same key in another slot or store gives an unrelated one, so that a
 * header of another store, sealed to a public key that was copied from this one, opens nothing.
 */
export function deriveRecipient(slotKey: Uint8Array, { storeId, slotId }: SlotAddress): Recipient {
  const salt = concat(lp(storeId), lp(slotId));
  const privateKey = hkdf(slotKey, salt, 'keyward/v1/slot');
  return { publicKey: x25519PublicKey(privateKey), check: hkdf(slotKey, salt, 'keyward/v1/slot-check'), privateKey };
}

/** Wraps the root key for the owner of the public key; needs nothing secret of the slot. */
export function wrapRoot(root: Uint8Array, publicKey: Uint8Array, address: SlotAddress): WrappedRoot {
  const ephemeral = randomBytes(32);
  const ephemeralKey = x25519PublicKey(ephemeral);
  const key = wrapKey(x25519(ephemeral, publicKey), ephemeralKey, publicKey);
  return { ephemeralKey, box: sealBox(key, 0, boxContext(address), root) };
}

/** The root key. @throws KeywardError `integrity` when it was wrapped for another slot or store, or is damaged. */
export function unwrapRoot(wrapped: WrappedRoot, recipient: Recipient, address: SlotAddress): Uint8Array {
  const shared = x25519(recipient.privateKey, wrapped.ephemeralKey);
  return openBox(wrapKey(shared, wrapped.ephemeralKey, recipient.publicKey), boxContext(address), wrapped.box);
}

function wrapKey(shared: Uint8Array, ephemeralKey: Uint8Array, publicKey: Uint8Array): BoxKey {
  return new BoxKey(hkdf(shared, concat(ephemeralKey, publicKey), 'keyward/v1/wrap'));
}

function boxContext({ storeId, slotId }: SlotAddress) {
  return { storeId, kind: 'slot', rowKey: `header/slot/${slotId}`, version: 0, schema: 1 } as const;
}
