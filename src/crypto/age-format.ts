/** The names and sizes of age boxes (age-encryption.org/v1, C2SP), for those who write and those who read them. */

export const ageVersion = 'age-encryption.org/v1';

/** What the wrapped file key of an X25519 recipient is bound to. */
export const x25519Label = `${ageVersion}/X25519`;

export const fileKeyBytes = 16;

/** Of the key of the payload. */
export const payloadNonceBytes = 16;

/** The payload is sealed in parts of this size; only the last may be smaller. */
export const chunkBytes = 64 * 1024;

/** Of the body of a stanza; a shorter line ends it. */
export const bodyColumns = 64;

const counterBytes = 11;

/** Each part of the payload has its number and whether it is the last in its nonce (STREAM). */
export function chunkNonce(number: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(counterBytes + 1);
  new DataView(nonce.buffer).setBigUint64(counterBytes - 8, BigInt(number));
  nonce[counterBytes] = isLast ? 1 : 0;
  return nonce;
}
