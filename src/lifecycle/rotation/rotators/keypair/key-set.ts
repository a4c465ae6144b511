import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  sign,
  verify,
} from 'node:crypto';
import type { Credential } from '../rotator.js';

/** A key of a set (RFC 7517, RFC 8037). */
interface Key extends JsonWebKey {
  readonly kid?: string;
}

/**
 * The key that signs, the one that signs after the next rotation, and the public keys of both and of the one before: so
 * verifiers know each key one interval before it is used, and one interval after.
 */
export function nextKeySet(current: Credential | undefined): Readonly<Record<string, string>> {
  const former = keyIn(current, 'signing_key');
  const signing = keyIn(current, 'next_key') ?? newKey();
  const next = newKey();
  const keys = [signing, next, ...(former === undefined ? [] : [former])].map(({ d: _, ...publicKey }) => publicKey);
  return {
    signing_key: JSON.stringify(signing),
    next_key: JSON.stringify(next),
    jwks: JSON.stringify({ keys }),
  };
}

/** Whether the set verifies what the signing key signs, and knows the next one. */
export function signsAsPublished(credential: Credential): boolean {
  const published: { readonly keys: readonly Key[] } = JSON.parse(credential.get('jwks')?.expose() ?? '{"keys":[]}');
  return ['signing_key', 'next_key'].every((field) => {
    const key = keyIn(credential, field);
    const publicKey = published.keys.find(({ kid }) => kid === key?.kid);
    if (key === undefined || publicKey === undefined) return false;
    const message = Buffer.from('keyward');
    const signature = sign(null, message, createPrivateKey({ key, format: 'jwk' }));
    return verify(null, message, createPublicKey({ key: publicKey, format: 'jwk' }), signature);
  });
}

function keyIn(credential: Credential | undefined, field: string): Key | undefined {
  const text = credential?.get(field)?.expose();
  return text === undefined ? undefined : JSON.parse(text);
}

/** Named by the thumbprint of RFC 7638. */
function newKey(): Key {
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const { crv, kty, x } = key;
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { ...key, kid, alg: 'EdDSA', use: 'sig' };
}
