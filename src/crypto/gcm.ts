import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat } from './encoding.js';

const tagBytes = 16;
/** Pinned: without it, node:crypto accepts a tag cut down to 4 bytes when opening. */
const options = { authTagLength: tagBytes } as const;

/** AES-256-GCM with a 96-bit nonce: the ciphertext followed by its 16-byte tag. */
export function sealGcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, options);
  cipher.setAAD(aad);
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** The plaintext; `undefined`, and nothing of it left in memory, when anything is not what was sealed. */
export function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - tagBytes;
  if (length < 0) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, options);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(length));
  const unverified = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
  } catch {
    unverified.fill(0);
    return undefined;
  }
  return new Uint8Array(unverified.buffer, unverified.byteOffset, unverified.length);
}
