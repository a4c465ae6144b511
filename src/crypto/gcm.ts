import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat } from './encoding.js';
import { openAead, tagOptions } from './open-aead.js';

/** AES-256-GCM with a 96-bit nonce: `before` as it is, the ciphertext, its 16-byte tag. */
export function sealGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  before: Uint8Array = new Uint8Array(),
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, tagOptions);
  cipher.setAAD(aad);
  return concat(before, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** The plaintext; `undefined`, and nothing of it left in memory, when anything is not what was sealed. */
export function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, tagOptions);
  decipher.setAAD(aad);
  return openAead(decipher, sealed);
}
