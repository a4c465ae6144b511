import { createHmac } from 'node:crypto';
import { KeywardError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';

const leastSecretBytes = 16;

/**
 * Headers that prove who sent the body, and when: `Keyward-Timestamp`, in seconds since 1970, and `Keyward-Signature`,
 * `v1=` and the hex of HMAC-SHA256 (RFC 2104) with the secret over the timestamp, a full stop and the body.
 *
 * @throws KeywardError `config` for a secret that could be guessed.
 */
export function signatureHeaders(body: Uint8Array, secret: Secret, nowMs: number): Readonly<Record<string, string>> {
  const key = secret.exposeBytes();
  try {
    if (key.length < leastSecretBytes) {
      throw new KeywardError('config', `the secret of a webhook has fewer than ${leastSecretBytes} bytes`, {
        advice: 'Make one with: keyward set <path> --generate hex:32',
      });
    }
    const timestamp = Math.floor(nowMs / 1000).toString();
    const signature = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex');
    return { 'keyward-timestamp': timestamp, 'keyward-signature': `v1=${signature}` };
  } finally {
    key.fill(0);
  }
}
