import type { EnvironmentTarget } from '../../core/environment-names.js';
import type { Secret } from '../../core/secret.js';

/** One value and the place it goes to. */
export interface ImportItem extends EnvironmentTarget {
  /** Its names in the source, in order; several when they hold the same value and go to the same place. */
  readonly names: readonly string[];
  readonly value: Secret;
  readonly where: string;
}
