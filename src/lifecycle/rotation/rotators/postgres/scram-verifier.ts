import { createHash, createHmac, randomBytes } from 'node:crypto';
import { saltedPassword, scramIterations } from '../scram.js';

/**
 * What PostgreSQL keeps of a password (RFC 5802, RFC 7677, in the form of pg_authid): who has it can check the password,
 * and not log in with it.
 *
 * @throws KeywardError as `saltedPassword`.
 */
export function scramVerifier(password: string, salt: Uint8Array = randomBytes(16)): string {
  const salted = saltedPassword(password, salt, { digest: 'sha256', length: 32 });
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const text = Buffer.from(salt).toString('base64');
  return `SCRAM-SHA-256$${scramIterations}:${text}$${storedKey}:${keyOf('Server Key').toString('base64')}`;
}
