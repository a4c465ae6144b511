import { createCipheriv } from 'node:crypto';
import type { Recipient } from 'age-encryption';
import { KeywardError } from '../core/errors.js';
import { ageRecipientKey } from './age-identity.js';
import { hkdf } from './derive.js';
import { concat, toBase64 } from './encoding.js';
import { tagOptions } from './open-aead.js';
import { randomBytes } from './random.js';
import { x25519Agreement, x25519PublicKey } from './x25519.js';

/**
 * What seals bytes to all of the recipients: the library for age, loaded when something is sealed.
 *
 * @throws KeywardError `invalid` for a text that is no X25519 recipient.
 */
export async function ageSealer(recipients: Iterable<string>): Promise<(plaintext: Uint8Array) => Promise<Uint8Array>> {
  const { Encrypter, Stanza } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(x25519Recipient(recipient, Stanza));
  return (plaintext) => encrypter.encrypt(plaintext);
}

/**
 * A recipient of age-encryption.org/v1. The library's own asks Web Crypto for X25519, of which Node 20 warns on the
 * user's terminal that it is experimental.
 */
function x25519Recipient(text: string, Stanza: typeof import('age-encryption').Stanza): Recipient {
  const publicKey = ageRecipientKey(text);
  if (publicKey === undefined) throw new KeywardError('invalid', `“${text}” is no age recipient`);
  return {
    wrapFileKey(fileKey) {
      const ephemeral = randomBytes(32);
      const share = x25519PublicKey(ephemeral);
      const key = hkdf(x25519Agreement(ephemeral)(publicKey), concat(share, publicKey), 'age-encryption.org/v1/X25519');
      const cipher = createCipheriv('chacha20-poly1305', key, new Uint8Array(12), tagOptions);
      const body = concat(cipher.update(fileKey), cipher.final(), cipher.getAuthTag());
      return [new Stanza(['X25519', toBase64(share).replace(/=+$/, '')], body)];
    },
  };
}
