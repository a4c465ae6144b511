import { type Clock, systemClock } from '../core/clock.js';
import { parseDuration } from '../core/duration.js';
import { KeywardError } from '../core/errors.js';
import { parseRef } from '../core/ref.js';
import type { VersionKey } from '../core/version.js';
import { AcceptedValues, ValueDigests } from './accepted-values.js';
import type { Secrets } from './secrets.js';

export interface VerifierOptions {
  /** How long the former value is accepted after the current one was made: `2h`. As long as in `rotator:`, or shorter. */
  readonly grace: string;
  readonly clock?: Clock | undefined;
}

/** Which of the accepted values was presented: nothing of the value, so it can be logged. */
export interface Acceptance {
  readonly matched: 'current' | 'previous';
  /** Version of that value in its store, where it has one. */
  readonly version: VersionKey | undefined;
}

export interface Verifier {
  /**
   * Whether this is the current value, or until the end of grace the one before it. Compared as HMAC-SHA256 under a key of
   * this process, always with both. What is unknown makes the stores be asked anew, at most once in 5 s.
   *
   * @returns `undefined` for every other value, and for an empty one.
   * @throws KeywardError as `get`, when the current value cannot be had: nothing is accepted then.
   */
  validate(provided: string | Uint8Array): Promise<Acceptance | undefined>;
}

/**
 * Accepts what clients present, also while it is rotated.
 *
 * The former value is accepted only where the store says with the value when its version was made: the end of grace is
 * counted from there, so every process and every restart has the same end.
 *
 * @throws KeywardError `invalid` for a grace that is no duration, or a name with a version; else as `get`.
 */
export async function createVerifier(
  secrets: Pick<Secrets, 'get' | 'refresh'>,
  name: string,
  { grace, clock = systemClock }: VerifierOptions,
): Promise<Verifier> {
  const graceMs = parseDuration(grace);
  if (parseRef(name).version !== undefined) {
    throw new KeywardError('invalid', 'a verifier takes a name without a version', {
      advice: 'It finds the current and the previous version by itself.',
    });
  }
  const digests = await ValueDigests.create();
  const values = new AcceptedValues({ secrets, name, graceMs, clock, digests });
  await secrets.get(name);

  async function match(presented: Uint8Array): Promise<Acceptance | undefined> {
    const found = await values.match(presented);
    return found && { matched: found.matched, version: found.secret.origin?.version };
  }

  return {
    async validate(provided) {
      if (provided.length === 0) return undefined;
      const presented = digests.of(provided);
      const found = await match(presented);
      if (found !== undefined) return found;
      await values.refresh();
      return match(presented);
    },
  };
}
