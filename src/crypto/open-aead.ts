import type { DecipherGCM } from 'node:crypto';

export const tagBytes = 16;

/** Pinned: without it, node:crypto accepts a tag cut down to 4 bytes when opening. */
export const tagOptions = { authTagLength: tagBytes } as const;

/**
 * The plaintext of a ciphertext that its 16-byte tag follows; `undefined`, and nothing of it left in memory, when
 * anything is not what was sealed.
 *
 * @param decipher of one message, made with `tagOptions`, its additional data set.
 */
export function openAead(
  decipher: Pick<DecipherGCM, 'setAuthTag' | 'update' | 'final'>,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - tagBytes;
  if (length < 0) return undefined;
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
