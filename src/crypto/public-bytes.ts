import { createPublicKey, type KeyObject } from 'node:crypto';
import { KeywardError } from '../core/errors.js';

/** The raw public key of an X25519 or Ed25519 key (RFC 8037); as DER it takes ten times as long. */
export function publicBytes(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (x === undefined) throw new KeywardError('internal', 'this kind of key has no raw public key');
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}
