import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { KeywardError } from '../../../../core/errors.js';

/** What PostgreSQL takes by itself. */
const iterations = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5802, RFC 7677, in the form of pg_authid): who has it can check the password,
 * and not log in with it.
 *
 * @throws KeywardError `invalid` for what is not printable ASCII, which clients prepare in different ways (RFC 4013).
 */
export function scramVerifier(password: string, salt: Uint8Array = randomBytes(16)): string {
  if (!/^[ -~]+$/.test(password)) {
    throw new KeywardError('invalid', 'the password is empty, or not all of printable ASCII', {
      advice: 'Set another one by hand first.',
    });
  }
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const text = Buffer.from(salt).toString('base64');
  return `SCRAM-SHA-256$${iterations}:${text}$${storedKey}:${keyOf('Server Key').toString('base64')}`;
}
