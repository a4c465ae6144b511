import { randomFillSync } from 'node:crypto';

/** Fresh random bytes in memory of their own: wiping them, or growing a view of them, touches nothing else. */
export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}

const supply = new Uint8Array(4096);
let used = supply.length;

/**
 * As `randomBytes`, for what everybody may see once it is used: nonces and ids, never keys. Each byte of a supply is given
 * out once: to ask the system for each nonce takes as long as to seal with it.
 */
export function publicRandomBytes(length: 16 | 24): Uint8Array {
  if (used + length > supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  used += length;
  return supply.slice(used - length, used);
}
