import { createPrivateKey, createPublicKey, type KeyObject, sign as signWith, verify as verifyWith } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import { concat, fromHex } from './encoding.js';
import { publicBytes } from './public-bytes.js';
import { randomBytes } from './random.js';

/** DER headers of RFC 8410, which node:crypto needs around a raw Ed25519 key. */
const privateHeader = fromHex('302e020100300506032b657004220420');
const publicHeader = fromHex('302a300506032b6570032100');

const keyBytes = 32;

export interface SigningKey {
  readonly publicKey: Uint8Array;
  /** The 32-byte seed of RFC 8032. */
  readonly privateKey: Uint8Array;
}

/** A fresh Ed25519 key pair. */
export function generateSigningKey(): SigningKey {
  const privateKey = randomBytes(keyBytes);
  return { publicKey: signingPublicKey(privateKey), privateKey };
}

/** The public key that belongs to a seed. */
export function signingPublicKey(privateKey: Uint8Array): Uint8Array {
  return publicBytes(privateKeyObject(privateKey));
}

/** The 64-byte Ed25519 signature (RFC 8032) of the message. */
export function sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(signWith(null, message, privateKeyObject(privateKey)));
}

/** Whether the signature is the key's for the message; `false` also for keys and signatures that are none. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== keyBytes) return false;
  try {
    const key = createPublicKey({ key: der(publicHeader, publicKey), format: 'der', type: 'spki' });
    return verifyWith(null, message, key, signature);
  } catch {
    return false;
  }
}

function privateKeyObject(seed: Uint8Array): KeyObject {
  if (seed.length !== keyBytes) throw new KeywardError('internal', `a signing key must be ${keyBytes} bytes`);
  return createPrivateKey({ key: der(privateHeader, seed), format: 'der', type: 'pkcs8' });
}

function der(header: Uint8Array, key: Uint8Array): Buffer {
  return Buffer.from(concat(header, key).buffer);
}
