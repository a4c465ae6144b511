import { createHmac } from 'node:crypto';
import type { Secret } from '../../core/secret.js';
import { randomBytes } from '../../crypto/random.js';

/**
 * Short marks by which equal values can be told in one output: HMAC-SHA-256 under a key that is made here and kept
 * nowhere, so that nobody can try guesses on them, and marks of two outputs say nothing about each other.
 */
export function createFingerprints(): (value: Secret) => string {
  const key = randomBytes(32);
  return (value) => createHmac('sha256', key).update(value.exposeBytes()).digest('hex').slice(0, 8);
}
