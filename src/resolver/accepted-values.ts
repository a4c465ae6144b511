import type { Clock } from '../core/clock.js';
import { isKeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { Secrets } from './secrets.js';

/** A version that says it was made later than this from now is of a clock that cannot be relied on. */
const clockSkewMs = 60_000;

/** The value that was presented, as its store gave it. */
export interface AcceptedValue {
  readonly matched: 'current' | 'previous';
  readonly secret: Secret;
}

/** HMAC-SHA256 under a key of this process: values of any length are compared as 32 bytes that nobody can foresee. */
export class ValueDigests {
  readonly #make: (bytes: string | Uint8Array) => Uint8Array;
  readonly #areSame: (a: Uint8Array, b: Uint8Array) => boolean;
  readonly #nothing: Uint8Array;
  readonly #known = new WeakMap<Secret, Uint8Array>();

  private constructor({ createHmac, randomBytes, timingSafeEqual }: typeof import('node:crypto')) {
    const key = randomBytes(32);
    this.#make = (bytes) => createHmac('sha256', key).update(bytes).digest();
    this.#areSame = timingSafeEqual;
    this.#nothing = randomBytes(32);
  }

  static async create(): Promise<ValueDigests> {
    return new ValueDigests(await import('node:crypto'));
  }

  of(bytes: string | Uint8Array): Uint8Array {
    return this.#make(bytes);
  }

  /** Whether it is the digest of the secret, in constant time; of an empty one or none it never is, in the same time. */
  isOf(presented: Uint8Array, secret: Secret | undefined): boolean {
    return this.#areSame(presented, this.#ofSecret(secret));
  }

  #ofSecret(secret: Secret | undefined): Uint8Array {
    if (secret === undefined || secret.byteLength === 0) return this.#nothing;
    const known = this.#known.get(secret) ?? this.#make(secret.exposeBytes());
    this.#known.set(secret, known);
    return known;
  }
}

export interface AcceptedValuesParts {
  readonly secrets: Pick<Secrets, 'get' | 'refresh'>;
  /** Without a version. */
  readonly name: string;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly digests: ValueDigests;
}

/** The values of one secret that are accepted now: the current one, and until the end of grace the one before it. */
export class AcceptedValues {
  readonly #parts: AcceptedValuesParts;
  readonly #formerName: string;
  #pairedWith: string | undefined;
  /** The version before which there is none: whoever presents wrong values must not make a store be asked each time. */
  #firstVersion: string | undefined;

  constructor(parts: AcceptedValuesParts) {
    this.#parts = parts;
    this.#formerName = `${parts.name}@previous`;
  }

  /** Compares with both, always. @throws as `get`, when the current value cannot be had. */
  async match(presented: Uint8Array): Promise<AcceptedValue | undefined> {
    const { secrets, name, digests } = this.#parts;
    const current = await secrets.get(name);
    const former = await this.#formerOf(current);
    const isCurrent = digests.isOf(presented, current);
    const isFormer = digests.isOf(presented, former);
    if (isCurrent) return { matched: 'current', secret: current };
    return isFormer && former && this.#isInGrace(current) ? { matched: 'previous', secret: former } : undefined;
  }

  /** Asks the stores anew, at most once in 5 s. @throws as `get`. */
  refresh(): Promise<void> {
    return this.#parts.secrets.refresh(this.#parts.name);
  }

  #isInGrace({ origin }: Secret): boolean {
    const { clock, graceMs } = this.#parts;
    if (origin?.createdAt === undefined || origin.version === undefined) return false;
    const sinceMs = clock.now() - origin.createdAt.getTime();
    return sinceMs < graceMs && sinceMs >= -clockSkewMs;
  }

  /** The one before this: one that was remembered before this was read may be the one before that. */
  async #formerOf(current: Secret): Promise<Secret | undefined> {
    if (!this.#isInGrace(current)) return undefined;
    const pair = `${current.origin?.provider} ${current.origin?.version}`;
    if (pair === this.#firstVersion) return undefined;
    const { secrets } = this.#parts;
    const isOlder = (former: Secret) => (former.origin?.ageMs ?? 0) > (current.origin?.ageMs ?? 0);
    try {
      let former = await secrets.get(this.#formerName);
      if (pair !== this.#pairedWith && isOlder(former)) {
        await secrets.refresh(this.#formerName);
        former = await secrets.get(this.#formerName);
        if (isOlder(former)) return undefined;
      }
      if (former.origin?.provider !== current.origin?.provider) return undefined;
      this.#pairedWith = pair;
      return former;
    } catch (error) {
      if (isKeywardError(error, 'not_found')) this.#firstVersion = pair;
      return undefined;
    }
  }
}
