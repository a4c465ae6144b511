import { randomFillSync } from 'node:crypto';

/** Fresh random bytes in memory of their own: wiping them, or growing a view of them, touches nothing else. */
export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}
