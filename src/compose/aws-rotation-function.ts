import { systemClock } from '../core/clock.js';
import type { SecretsManagerEvent, SecretsManagerRotationOptions } from './rotation-steps.js';

export type { SecretsManagerEvent, SecretsManagerRotationOptions };

/**
 * A handler of AWS Lambda that rotates secrets of Secrets Manager, in its four steps: docs.aws.amazon.com/secretsmanager,
 * "Lambda rotation functions by step". Each may be repeated. A value that was current is taken back when the rotation after
 * the next one begins its work, so it works on for one interval.
 *
 * The handler throws KeywardError, with no value in it: `config` without the SDK or for a rotator that does not fit the
 * secret, `conflict` for a version that is not to be rotated, `unauthenticated` or `denied` for a value that does not work;
 * else as the service and the target.
 *
 * @throws KeywardError `config` for a rotator that is wrong, or needs people or Keyward's store.
 */
export async function createSecretsManagerRotation({
  env = process.env,
  clock = systemClock,
  ...options
}: SecretsManagerRotationOptions): Promise<(event: SecretsManagerEvent) => Promise<void>> {
  const { createRotationSteps } = await import('./rotation-steps.js');
  return createRotationSteps({ ...options, env, clock });
}
