import { createCipheriv } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import {
  ageVersion,
  bodyColumns,
  chunkBytes,
  chunkNonce,
  fileKeyBytes,
  payloadNonceBytes,
  x25519Label,
} from './age-format.js';
import { ageRecipientKey } from './age-identity.js';
import { hkdf, prf } from './derive.js';
import { concat, toBase64, utf8 } from './encoding.js';
import { tagOptions } from './open-aead.js';
import { randomBytes } from './random.js';
import { x25519Agreement, x25519PublicKey } from './x25519.js';

/**
 * Writes age boxes (age-encryption.org/v1, C2SP) for X25519 recipients. The library for age asks Web Crypto for X25519, of
 * which Node 20 warns on the user's terminal, and brings curves and ciphers that node:crypto has.
 */

/**
 * What seals bytes to all of the recipients.
 *
 * @param recipients as `age1…`.
 * @throws KeywardError `invalid` for a text that is no X25519 recipient, or when there is none.
 */
export function ageSealer(recipients: Iterable<string>): (plaintext: Uint8Array) => Uint8Array {
  const keys = Array.from(recipients, publicKeyOf);
  if (keys.length === 0) throw new KeywardError('invalid', 'an age box needs a recipient');
  return (plaintext) => sealAge(plaintext, keys);
}

function publicKeyOf(recipient: string): Uint8Array {
  const publicKey = ageRecipientKey(recipient);
  if (publicKey !== undefined) return publicKey;
  throw new KeywardError('invalid', `“${recipient}” is no age recipient`);
}

function sealAge(plaintext: Uint8Array, recipients: readonly Uint8Array[]): Uint8Array {
  const fileKey = randomBytes(fileKeyBytes);
  const stanzas = recipients.map((recipient) => wrap(fileKey, recipient)).join('');
  const covered = utf8(`${ageVersion}\n${stanzas}---`);
  const mac = prf(hkdf(fileKey, new Uint8Array(0), 'header'), covered);
  const nonce = randomBytes(payloadNonceBytes);
  const key = hkdf(fileKey, nonce, 'payload');
  return concat(covered, utf8(` ${unpaddedBase64(mac)}\n`), nonce, ...sealStream(key, plaintext));
}

/** The stanza of a recipient. */
function wrap(fileKey: Uint8Array, recipient: Uint8Array): string {
  const ephemeral = randomBytes(32);
  const share = x25519PublicKey(ephemeral);
  const key = hkdf(x25519Agreement(ephemeral)(recipient), concat(share, recipient), x25519Label);
  return `-> X25519 ${unpaddedBase64(share)}\n${inLines(unpaddedBase64(sealChunk(key, new Uint8Array(12), fileKey)))}`;
}

/** The last line is shorter than the others, and empty where they are all full. */
function inLines(body: string): string {
  const lines: string[] = [];
  for (let at = 0; at <= body.length; at += bodyColumns) lines.push(`${body.slice(at, at + bodyColumns)}\n`);
  return lines.join('');
}

function sealStream(key: Uint8Array, plaintext: Uint8Array): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < plaintext.length; at += chunkBytes) {
    const nonce = chunkNonce(chunks.length, at + chunkBytes >= plaintext.length);
    chunks.push(sealChunk(key, nonce, plaintext.subarray(at, at + chunkBytes)));
  }
  return chunks;
}

function sealChunk(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, tagOptions);
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

function unpaddedBase64(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/=+$/, '');
}
