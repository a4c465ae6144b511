import type { EnvironmentTarget } from '../../core/environment-names.js';
import type { Secret } from '../../core/secret.js';

/** One value and the place it goes to. */
export interface ImportItem extends EnvironmentTarget {
  /** What the source calls it, in order; several when they hold the same value and go to the same place. */
  readonly keys: readonly string[];
  /** Those of the keys that are environment names. */
  readonly names: readonly string[];
  readonly value: Secret;
  readonly where: string;
  /** What else is to be noted about the secret, unless it notes something there. */
  readonly notes?: Readonly<Record<string, string>> | undefined;
}
