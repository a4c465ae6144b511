import type { KeyObject } from 'node:crypto';
import { concat, lp, u32 } from '../../../../crypto/encoding.js';
import { randomBytes } from '../../../../crypto/random.js';

const type = 'ssh-ed25519';

/**
 * An Ed25519 key as OpenSSH writes it: `openssh-key-v1` without a passphrase (PROTOCOL.key of OpenSSH) and a line for
 * `authorized_keys`. Its strings have their length in 32 bits before them, as `lp` does it.
 */
export function openSshKey(key: KeyObject): { readonly private_key: string; readonly public_key: string } {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const publicBlob = concat(lp(type), lp(publicKey));
  const check = randomBytes(4);
  const secret = lp(concat(Buffer.from(d, 'base64url'), publicKey));
  const unpadded = concat(check, check, publicBlob, secret, lp('keyward'));
  const padding = Uint8Array.from({ length: (8 - (unpadded.length % 8)) % 8 }, (_, at) => at + 1);
  const header = concat(Buffer.from('openssh-key-v1\0'), lp('none'), lp('none'), lp(''), u32(1), lp(publicBlob));
  const lines = base64(concat(header, lp(concat(unpadded, padding)))).match(/.{1,70}/g) ?? [];
  return {
    private_key: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    public_key: `${type} ${base64(publicBlob)} keyward\n`,
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
