import { createHmac, hash, hkdfSync } from 'node:crypto';
import { concat, utf8 } from './encoding.js';

/** HKDF-SHA-256 (RFC 5869). `length` in bytes, at most 8160. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: string | Uint8Array, length: number = 32): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, typeof info === 'string' ? utf8(info) : info, length));
}

/** HMAC-SHA-256 of the parts, one after the other; whoever needs them kept apart passes them through `lp`. */
export function prf(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(hash('sha256', concat(...parts), 'buffer'));
}
