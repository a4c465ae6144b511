import { pbkdf2Sync } from 'node:crypto';
import { KeywardError } from '../../../core/errors.js';

/** What servers take by themselves; for a password of 238 bits more would add nothing. */
export const scramIterations = 4096;

export interface ScramHash {
  readonly digest: 'sha256' | 'sha512';
  readonly length: number;
}

/**
 * SaltedPassword of RFC 5802.
 *
 * @throws KeywardError `invalid` for what is not printable ASCII, which clients prepare in different ways (RFC 4013).
 */
export function saltedPassword(
  password: string,
  salt: Uint8Array,
  { digest, length }: ScramHash,
  iterations: number = scramIterations,
): Uint8Array {
  if (!/^[ -~]+$/.test(password)) {
    throw new KeywardError('invalid', 'the password is empty, or not all of printable ASCII', {
      advice: 'Set another one by hand first.',
    });
  }
  return pbkdf2Sync(password, salt, iterations, length, digest);
}
