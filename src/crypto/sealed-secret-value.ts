import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { concat, u16 } from './encoding.js';
import { openGcm, sealGcm } from './gcm.js';
import { randomBytes } from './random.js';

const keyBytes = 32;
/** All zero: each key seals one value. */
const nonce = new Uint8Array(12);
const noBytes = new Uint8Array();

/**
 * Seals a value of a SealedSecret: the length of the encrypted key in two bytes, the key by RSA-OAEP with SHA-256, the
 * value by AES-256-GCM. Source: `HybridEncrypt` of github.com/bitnami-labs/sealed-secrets/pkg/crypto.
 *
 * @param label Says for which namespace and name it is; empty for all.
 */
export function sealSecretValue(publicKey: KeyObject, label: Uint8Array, value: Uint8Array): Uint8Array {
  const key = randomBytes(keyBytes);
  try {
    const sealedKey = publicEncrypt({ key: publicKey, ...oaep(label) }, key);
    return concat(u16(sealedKey.length), sealedKey, sealGcm(key, nonce, value, noBytes));
  } finally {
    key.fill(0);
  }
}

/** The value; `undefined` when it is for another key or label, or is not what was sealed. */
export function openSecretValue(privateKey: KeyObject, label: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length < 2 ? 0 : new DataView(sealed.buffer, sealed.byteOffset).getUint16(0);
  if (length === 0 || sealed.length < 2 + length) return undefined;
  let key: Uint8Array;
  try {
    key = privateDecrypt({ key: privateKey, ...oaep(label) }, sealed.subarray(2, 2 + length));
  } catch {
    return undefined;
  }
  try {
    return key.length === keyBytes ? openGcm(key, nonce, sealed.subarray(2 + length), noBytes) : undefined;
  } finally {
    key.fill(0);
  }
}

function oaep(label: Uint8Array) {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: label };
}
