import { KeywardError } from './errors.js';
import type { Path } from './path.js';
import type { VersionKey } from './version.js';

interface RotationCall {
  readonly signal?: AbortSignal | undefined;
}

/** Rotation that the store does by itself. A `KeywardError` for every failure, as of `Provider`. */
export interface ManagedRotation {
  /** `undefined` when the secret is absent (attested). */
  status(path: Path, options?: RotationCall): Promise<ManagedRotationStatus | undefined>;
  /**
   * Takes over the rules that are given, and lets the store rotate the secret. Answers before that is done: the id of the
   * version that is then the current one, `undefined` for a rotation that is deferred.
   *
   * @throws KeywardError `conflict` while a rotation is not finished, `invalid` for rules that the store does not take,
   * `not_found`, `deleted`, `unsupported` for a secret that the store could only rotate if it were told how.
   */
  start(path: Path, rules?: RotationRules, options?: RotationCall): Promise<VersionKey | undefined>;
}

/** How a store is to rotate a secret. What is absent stays as it is. */
export interface RotationRules {
  /** Days between two rotations. Not together with `schedule`. */
  readonly days?: number | undefined;
  /** When it rotates, in the words of the store: `cron(0 16 1,15 * ? *)`, `rate(10 days)`. */
  readonly schedule?: string | undefined;
  /** What makes the new value, in the words of the store: the ARN of a function. */
  readonly function?: string | undefined;
  /** Whether the first rotation waits for its time in the schedule. */
  readonly isDeferred?: boolean | undefined;
}

/** What a store says of its rotation of a secret. */
export interface ManagedRotationStatus {
  /** Whether the store rotates it from time to time. The rest can be left from a time when it did. */
  readonly isEnabled: boolean;
  readonly days: number | undefined;
  readonly schedule: string | undefined;
  /** What makes the new value: a function, or the service that the secret belongs to. */
  readonly by: string | undefined;
  readonly last: Date | undefined;
  /** At the latest; a rotation that fails leaves a time in the past. */
  readonly next: Date | undefined;
  /** A version that is not the current one yet: a rotation goes on, or has failed. */
  readonly pending: VersionKey | undefined;
}

/** The provider's, or an error that names it. @throws KeywardError `unsupported` */
export function managedRotation(provider: {
  readonly name: string;
  readonly kind: string;
  readonly rotation?: ManagedRotation | undefined;
}): ManagedRotation {
  const { name, kind, rotation } = provider;
  if (rotation !== undefined) return rotation;
  throw new KeywardError('unsupported', `${name} (${kind}) does not rotate secrets by itself`, { store: name });
}
