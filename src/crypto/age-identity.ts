import { KeywardError } from '../core/errors.js';
import { decodeBech32, encodeBech32 } from './bech32.js';
import { fromUtf8 } from './encoding.js';
import { randomBytes } from './random.js';
import { x25519Agreement, x25519PublicKey } from './x25519.js';

/** The key pair behind an `AGE-SECRET-KEY-1…`. */
export interface AgeIdentity {
  readonly publicKey: Uint8Array;
  /** The secret shared with the owner of another public key. @throws as `x25519` */
  readonly agree: (publicKey: Uint8Array) => Uint8Array;
}

const keyBytes = 32;
const identityPrefix = 'age-secret-key-';
const recipientPrefix = 'age';

/** A new X25519 identity, `AGE-SECRET-KEY-1…`, and its recipient. */
export function newAgeIdentity(): { readonly text: string; readonly recipient: string } {
  const privateKey = randomBytes(keyBytes);
  return {
    text: encodeBech32(privateKey, identityPrefix).toUpperCase(),
    recipient: encodeBech32(x25519PublicKey(privateKey), recipientPrefix),
  };
}

/** The recipient (`age1…`) whose boxes the identity opens. */
export function ageRecipientOf({ publicKey }: Pick<AgeIdentity, 'publicKey'>): string {
  return encodeBech32(publicKey, recipientPrefix);
}

/**
 * The identities of an age identity file: one on each line, beside comments (`#`) and empty lines.
 *
 * @param fileName for messages.
 * @throws KeywardError `invalid` with the line that is no X25519 identity, or when there is none.
 */
export function parseAgeIdentities(bytes: Uint8Array, fileName: string): readonly AgeIdentity[] {
  const identities = fromUtf8(bytes)
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line === '' || line.startsWith('#')) return [];
      const privateKey = decoded(line, identityPrefix);
      if (privateKey === undefined) {
        throw new KeywardError('invalid', `${fileName}:${index + 1}: this is no age identity`, {
          store: fileName,
          advice:
            'Each line is AGE-SECRET-KEY-1…, a comment or empty. Plugins, ssh keys and passphrases do not work here.',
        });
      }
      return [{ publicKey: x25519PublicKey(privateKey), agree: x25519Agreement(privateKey) }];
    });
  if (identities.length > 0) return identities;
  throw new KeywardError('invalid', `${fileName} holds no age identity`, {
    store: fileName,
    advice: 'It has a line AGE-SECRET-KEY-1…, as `keyward seal init` and age-keygen write it.',
  });
}

/** Whether the text is an X25519 recipient (`age1…`) in its one spelling. */
export function isAgeRecipient(text: string): boolean {
  return ageRecipientKey(text) !== undefined;
}

/** The public key of an X25519 recipient; `undefined` for any other text. */
export function ageRecipientKey(text: string): Uint8Array | undefined {
  return text === text.toLowerCase() ? decoded(text, recipientPrefix) : undefined;
}

function decoded(text: string, prefix: string): Uint8Array | undefined {
  try {
    const key = decodeBech32(text, prefix);
    return key.length === keyBytes ? key : undefined;
  } catch {
    return undefined;
  }
}
