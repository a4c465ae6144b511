import { type Clock, systemClock } from '../core/clock.js';
import { parseDuration } from '../core/duration.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { parseRef } from '../core/ref.js';
import type { Secret } from '../core/secret.js';
import type { VersionKey } from '../core/version.js';
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

/** A version that says it was made later than this from now is of a clock that cannot be relied on. */
const clockSkewMs = 60_000;

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
  const formerName = `${name}@previous`;
  const { createHmac, randomBytes, timingSafeEqual } = await import('node:crypto');
  const key = randomBytes(32);
  const nothing = randomBytes(32);
  const digests = new WeakMap<Secret, Uint8Array>();
  let pairedWith: string | undefined;
  /** The version before which there is none: whoever presents wrong values must not make a store be asked each time. */
  let firstVersion: string | undefined;
  await secrets.get(name);

  const digest = (bytes: string | Uint8Array) => createHmac('sha256', key).update(bytes).digest();

  function digestOf(secret: Secret | undefined): Uint8Array {
    if (secret === undefined || secret.byteLength === 0) return nothing;
    const known = digests.get(secret) ?? digest(secret.exposeBytes());
    digests.set(secret, known);
    return known;
  }

  function inGrace({ origin }: Secret): boolean {
    if (origin?.createdAt === undefined || origin.version === undefined) return false;
    const sinceMs = clock.now() - origin.createdAt.getTime();
    return sinceMs < graceMs && sinceMs >= -clockSkewMs;
  }

  /** The one before this: one that was remembered before this was read may be the one before that. */
  async function formerOf(current: Secret): Promise<Secret | undefined> {
    if (!inGrace(current)) return undefined;
    const pair = `${current.origin?.provider} ${current.origin?.version}`;
    if (pair === firstVersion) return undefined;
    const isOlder = (former: Secret) => (former.origin?.ageMs ?? 0) > (current.origin?.ageMs ?? 0);
    try {
      let former = await secrets.get(formerName);
      if (pair !== pairedWith && isOlder(former)) {
        await secrets.refresh(formerName);
        former = await secrets.get(formerName);
        if (isOlder(former)) return undefined;
      }
      if (former.origin?.provider !== current.origin?.provider) return undefined;
      pairedWith = pair;
      return former;
    } catch (error) {
      if (isKeywardError(error, 'not_found')) firstVersion = pair;
      return undefined;
    }
  }

  async function match(presented: Uint8Array): Promise<Acceptance | undefined> {
    const current = await secrets.get(name);
    const former = await formerOf(current);
    const isCurrent = timingSafeEqual(presented, digestOf(current));
    const isFormer = timingSafeEqual(presented, digestOf(former));
    if (isCurrent) return { matched: 'current', version: current.origin?.version };
    return isFormer && inGrace(current) ? { matched: 'previous', version: former?.origin?.version } : undefined;
  }

  return {
    async validate(provided) {
      if (provided.length === 0) return undefined;
      const presented = digest(provided);
      const found = await match(presented);
      if (found !== undefined) return found;
      await secrets.refresh(name);
      return match(presented);
    },
  };
}
