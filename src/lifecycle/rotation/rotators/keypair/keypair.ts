import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { KeywardError } from '../../../../core/errors.js';
import { Secret } from '../../../../core/secret.js';
import type { Credential, Rotator } from '../rotator.js';
import { nextKeySet, signsAsPublished } from './key-set.js';
import { openSshKey } from './openssh-key.js';

export type KeyPairKind = 'ed25519' | 'rsa' | 'ssh' | 'jwks';

/** As NIST SP 800-57 wants it beyond 2030. */
const rsaBits = 3072;

/**
 * Key pairs: PEM (PKCS #8 and SPKI) in `private_key` and `public_key`, the same for OpenSSH, or a set of keys for JSON web
 * tokens. Whoever verifies takes the public key from the store.
 */
export function createKeyPairRotator({ keypair }: { readonly keypair: KeyPairKind }): Rotator {
  const make: Record<KeyPairKind, (current: Credential | undefined) => Readonly<Record<string, string>>> = {
    ed25519: () => pemOf(generateKeyPairSync('ed25519')),
    rsa: () => pemOf(generateKeyPairSync('rsa', { modulusLength: rsaBits })),
    ssh: () => openSshKey(generateKeyPairSync('ed25519').privateKey),
    jwks: (current) => nextKeySet(current),
  };
  const belongs: Record<KeyPairKind, (credential: Credential) => boolean> = {
    ed25519: pemBelongs,
    rsa: pemBelongs,
    ssh: (credential) => textOf(credential, 'public_key').startsWith('ssh-ed25519 '),
    jwks: signsAsPublished,
  };
  return {
    kind: 'overlap',
    hasTarget: false,
    generate: async (current) =>
      new Map(Object.entries(make[keypair](current)).map(([name, text]) => [name, Secret.fromText(text)])),
    set: async () => undefined,
    async test(credential) {
      if (belongs[keypair](credential)) return;
      throw new KeywardError('unauthenticated', 'the keys of the pair do not belong together');
    },
    revoke: async () => undefined,
  };
}

function pemOf({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  return {
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    public_key: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

function pemBelongs(credential: Credential): boolean {
  const privateKey = createPrivateKey(textOf(credential, 'private_key'));
  return keysBelong(privateKey, createPublicKey(textOf(credential, 'public_key')));
}

function keysBelong(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const message = Buffer.from('keyward');
  const digest = privateKey.asymmetricKeyType === 'rsa' ? 'sha256' : null;
  return verify(digest, message, publicKey, sign(digest, message, privateKey));
}

function textOf(credential: Credential, field: string): string {
  return credential.get(field)?.expose() ?? '';
}
