import { KeywardError } from '../core/errors.js';

/** Cost of one Argon2id computation. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** What is accepted: the floor keeps guessing expensive, the ceiling keeps a forged header from exhausting the host. */
export const argon2Bounds = {
  memoryKiB: { min: 19 * 1024, max: 1024 * 1024 },
  passes: { min: 1, max: 10 },
  lanes: { min: 1, max: 8 },
} as const;

const leastSaltBytes = 8;

/**
 * 32 bytes from a passphrase by Argon2id (RFC 9106, version 0x13). Runs on a thread of its own.
 *
 * @throws KeywardError `invalid`, before any work, when the cost is out of bounds or the salt is below 8 bytes.
 */
export async function argon2id(passphrase: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  for (const name of ['memoryKiB', 'passes', 'lanes'] as const) {
    const { min, max } = argon2Bounds[name];
    if (!Number.isInteger(cost[name]) || cost[name] < min || cost[name] > max) {
      throw new KeywardError('invalid', `the Argon2id cost ${name} must be a whole number from ${min} to ${max}`);
    }
  }
  if (salt.length < leastSaltBytes) {
    throw new KeywardError('invalid', `the Argon2id salt must be at least ${leastSaltBytes} bytes`);
  }
  const { hashRaw } = await import('@node-rs/argon2');
  const hash = await hashRaw(passphrase, {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: 32,
    salt,
  });
  return Uint8Array.from(hash);
}
