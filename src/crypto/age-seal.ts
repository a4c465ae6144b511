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
  const keys = publicKeysOf(recipients);
  return (plaintext) => sealAge(plaintext, keys);
}

/** The key of a box that is yet to be sealed. */
export const newAgeFileKey = (): Uint8Array => randomBytes(fileKeyBytes);

/**
 * Seals as it comes what is too long to be held.
 *
 * @param fileKey new for this box.
 * @throws KeywardError `invalid` as `ageSealer`.
 */
export async function* sealAgeStream(
  plaintext: AsyncIterable<Uint8Array>,
  recipients: Iterable<string>,
  fileKey: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const { header, key } = begin(fileKey, publicKeysOf(recipients));
  yield header;
  let held: Uint8Array = new Uint8Array(0);
  let number = 0;
  for await (const piece of plaintext) {
    held = concat(held, piece);
    let at = 0;
    // The last chunk is sealed in another way, so one is always held back.
    for (; held.length - at > chunkBytes; at += chunkBytes, number += 1) {
      yield sealChunk(key, chunkNonce(number, false), held.subarray(at, at + chunkBytes));
    }
    held = held.slice(at);
  }
  yield sealChunk(key, chunkNonce(number, true), held);
}

function publicKeysOf(recipients: Iterable<string>): readonly Uint8Array[] {
  const keys = Array.from(recipients, publicKeyOf);
  if (keys.length === 0) throw new KeywardError('invalid', 'an age box needs a recipient');
  return keys;
}

function publicKeyOf(recipient: string, index: number): Uint8Array {
  const publicKey = ageRecipientKey(recipient);
  if (publicKey !== undefined) return publicKey;
  throw new KeywardError('invalid', `recipient ${index + 1} is no age recipient`, {
    advice: 'Write it as age-keygen prints it: age1…',
  });
}

function sealAge(plaintext: Uint8Array, recipients: readonly Uint8Array[]): Uint8Array {
  const { header, key } = begin(newAgeFileKey(), recipients);
  return concat(header, ...sealStream(key, plaintext));
}

/** What stands before the chunks, and the key that seals them. */
function begin(fileKey: Uint8Array, recipients: readonly Uint8Array[]) {
  const stanzas = recipients.map((recipient) => wrap(fileKey, recipient)).join('');
  const covered = utf8(`${ageVersion}\n${stanzas}---`);
  const mac = prf(hkdf(fileKey, new Uint8Array(0), 'header'), covered);
  const nonce = randomBytes(payloadNonceBytes);
  const header = concat(covered, utf8(` ${unpaddedBase64(mac)}\n`), nonce);
  return { header, key: hkdf(fileKey, nonce, 'payload') };
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
