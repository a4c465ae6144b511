import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import { concat, fromHex } from './encoding.js';
import { publicBytes } from './public-bytes.js';

/** DER headers of RFC 8410, which node:crypto needs around a raw X25519 key. */
const privateHeader = fromHex('302e020100300506032b656e04220420');
const publicHeader = fromHex('302a300506032b656e032100');

const keyBytes = 32;

/** The public key of a 32-byte private key (RFC 7748). */
export function x25519PublicKey(privateKey: Uint8Array): Uint8Array {
  return publicBytes(privateKeyObject(privateKey));
}

/**
 * The shared secret of a private and a foreign public key (RFC 7748); hash it before use.
 *
 * @throws KeywardError `integrity` for a public key of low order, with which the secret would be known to everybody.
 */
export function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return x25519Agreement(privateKey)(publicKey);
}

/** As `x25519`, for one private key and many public ones: taking in the private key is most of the work. */
export function x25519Agreement(privateKey: Uint8Array): (publicKey: Uint8Array) => Uint8Array {
  const own = privateKeyObject(privateKey);
  return (publicKey) => {
    const key = der(publicHeader, publicKey);
    try {
      const foreign = createPublicKey({ key, format: 'der', type: 'spki' });
      return Uint8Array.from(diffieHellman({ privateKey: own, publicKey: foreign }));
    } catch {
      throw new KeywardError('integrity', 'a public key admits no key agreement');
    }
  };
}

function privateKeyObject(privateKey: Uint8Array): KeyObject {
  return createPrivateKey({ key: der(privateHeader, privateKey), format: 'der', type: 'pkcs8' });
}

function der(header: Uint8Array, key: Uint8Array): Buffer {
  if (key.length !== keyBytes) throw new KeywardError('internal', `an X25519 key must be ${keyBytes} bytes`);
  return Buffer.from(concat(header, key).buffer);
}
