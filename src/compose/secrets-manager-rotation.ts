import { type Clock, systemClock } from '../core/clock.js';
import type { Secret } from '../core/secret.js';

/** What Secrets Manager hands to a function that rotates. */
export interface SecretsManagerEvent {
  readonly Step: string;
  /** ARN or name of the secret. */
  readonly SecretId: string;
  /** The id that the new version has. */
  readonly ClientRequestToken: string;
}

export interface SecretsManagerRotationOptions {
  /** As `rotator:` of a secret in keyward.yaml: `{ redis: { servers: ['cache:6379'], user: 'bot' } }`. */
  readonly rotator: Readonly<Record<string, unknown>>;
  /** The fields of another secret that the rotator needs; the one of this name in Secrets Manager when absent. */
  readonly fieldsOf?: ((name: string) => Promise<Readonly<Record<string, Secret>>>) | undefined;
  /** Of Secrets Manager; found as the SDK does when absent. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** `process.env` when absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly clock?: Clock | undefined;
}

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
