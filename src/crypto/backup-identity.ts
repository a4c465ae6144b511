import type { AgeIdentity } from './age-identity.js';
import { hkdf } from './derive.js';
import { x25519Agreement, x25519PublicKey } from './x25519.js';

/**
 * The age identity that a slot key stands for where backups are opened: of the slot key alone, so that nothing but the
 * backup and that key is needed.
 *
 * @param slotKey 32 random bytes: of a recovery key or a key file.
 */
export function backupIdentity(slotKey: Uint8Array): AgeIdentity {
  const privateKey = hkdf(slotKey, new Uint8Array(0), 'keyward/v1/backup');
  const identity = { publicKey: x25519PublicKey(privateKey), agree: x25519Agreement(privateKey) };
  privateKey.fill(0);
  return identity;
}
