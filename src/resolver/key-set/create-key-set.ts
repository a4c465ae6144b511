import { type Clock, systemClock } from '../../core/clock.js';
import { parseDuration } from '../../core/duration.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { KeyUse } from '../../core/key-use.js';
import { type Path, parsePath } from '../../core/path.js';
import { type AcceptedValue, AcceptedValues, ValueDigests } from '../accepted-values.js';
import type { VerifierOptions } from '../create-verifier.js';
import type { Secrets } from '../secrets.js';
import { type KeyLimits, KeyMeter, type KeyUsage } from './key-meter.js';
import type { KeyAnswer, KeySet } from './key-set.js';

export interface KeySetOptions extends VerifierOptions {
  /** The keys by their ids, with what each may do. The value of a key is the secret `<folder>/<id>`. */
  readonly keys: Readonly<Record<string, KeyLimits>>;
  /**
   * What clients send: `<id>.<value>` by default. `value` for the value alone, which is compared with those of all keys;
   * there may be at most 100 of them then, else 10,000.
   */
  readonly presented?: 'id.value' | 'value' | undefined;
}

/** What a key set needs of `openSecrets`. Where there is an access log, it is told of every key that is presented. */
export type KeySetSecrets = Pick<Secrets, 'get' | 'getMany' | 'refresh'> & {
  readonly audit?: { keyUse(use: KeyUse): void } | undefined;
};

const maxKeys = new Map([
  ['id.value', 10_000],
  ['value', 100],
]);
const maxPresentedLength = 4096;
const unknown = { answer: 'unknown' } as const;

/**
 * Checks API keys, each of which is a secret of its own: it is rotated by itself, and its former value accepted until grace
 * ends, as by a verifier.
 *
 * @param folder path under which the secrets of the keys lie.
 * @throws KeywardError `invalid` for options that are none; else as `get`, when the value of a key cannot be had.
 */
export async function createKeySet(secrets: KeySetSecrets, folder: string, options: KeySetOptions): Promise<KeySet> {
  const { keys, grace, presented = 'id.value', clock = systemClock } = options;
  const most = maxKeys.get(presented);
  if (most === undefined) throw invalid('clients present "id.value" or "value"');
  const set = new HeldKeys({
    secrets,
    folder: parsePath(folder),
    graceMs: parseDuration(grace),
    clock,
    digests: await ValueDigests.create(),
    most,
    isById: presented === 'id.value',
  });
  await set.allowAll(Object.entries(keys));
  return set;
}

interface Key {
  readonly id: string;
  readonly path: Path;
  readonly values: AcceptedValues;
  readonly meter: KeyMeter;
}

interface HeldKeysParts {
  readonly secrets: KeySetSecrets;
  readonly folder: Path;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly digests: ValueDigests;
  readonly most: number;
  readonly isById: boolean;
}

class HeldKeys implements KeySet {
  readonly #parts: HeldKeysParts;
  readonly #byId = new Map<string, Key>();
  /** The same keys, one of which is picked in a time that does not depend on their number. */
  #all: readonly Key[] = [];

  constructor(parts: HeldKeysParts) {
    this.#parts = parts;
  }

  async validate(provided: string): Promise<KeyAnswer> {
    const { secrets, folder } = this.#parts;
    const found = await this.#find(provided);
    const key = found?.key;
    if (found === undefined || key === undefined || this.#byId.get(key.id) !== key) {
      secrets.audit?.keyUse({ path: folder, ...unknown });
      return unknown;
    }
    const { matched, secret } = found;
    const version = secret.origin?.version;
    const judged = key.meter.take(matched === 'previous') ?? ({ answer: 'accepted' } as const);
    secrets.audit?.keyUse({ path: key.path, provider: secret.origin?.provider, version, answer: judged.answer });
    return { ...judged, id: key.id, matched, version };
  }

  async allow(id: string, limits: KeyLimits = {}): Promise<void> {
    await this.allowAll([[id, limits]]);
  }

  /** All of them, or when one cannot be none. */
  async allowAll(allowed: readonly (readonly [id: string, limits: KeyLimits])[]): Promise<void> {
    const { secrets } = this.#parts;
    for (const [, limits] of allowed) this.#meter().hold(limits);
    const added = allowed.flatMap(([id]) => (this.#byId.has(id) ? [] : [this.#keyOf(id)]));
    this.#refuseTooMany(added);
    const values = await secrets.getMany(added.map(({ path }) => path));
    for (const value of values.values()) if (value instanceof KeywardError) throw value;
    this.#refuseTooMany(added);
    for (const key of added) if (!this.#byId.has(key.id)) this.#byId.set(key.id, key);
    for (const [id, limits] of allowed) this.#byId.get(id)?.meter.hold(limits);
    this.#all = [...this.#byId.values()];
  }

  withdraw(id: string): void {
    this.#byId.delete(id);
    this.#all = [...this.#byId.values()];
  }

  usage(): ReadonlyMap<string, KeyUsage> {
    return new Map(this.#all.map(({ id, meter }) => [id, meter.usage]));
  }

  async #find(provided: string): Promise<(AcceptedValue & { readonly key: Key }) | undefined> {
    if (typeof provided !== 'string' || provided.length > maxPresentedLength) return undefined;
    const { digests, isById } = this.#parts;
    const dot = provided.indexOf('.');
    const id = isById ? provided.slice(0, Math.max(dot, 0)) : undefined;
    const candidates = id === undefined ? this.#all : this.#candidatesFor(id);
    const presented = digests.of(id === undefined ? provided : provided.slice(dot + 1));
    let found = await firstMatch(candidates, presented);
    if (found === undefined) {
      await Promise.all(candidates.map(({ values }) => values.refresh().catch(passAbsent)));
      found = await firstMatch(candidates, presented);
    }
    return id === undefined || found?.key.id === id ? found : undefined;
  }

  /** The key of the id. For an id that is not in the set another one stands in, always the same, so that it takes as long. */
  #candidatesFor(id: string): readonly Key[] {
    const { buffer, byteOffset } = this.#parts.digests.of(id);
    const standIn = this.#all[new DataView(buffer, byteOffset).getUint32(0) % this.#all.length];
    const key = this.#byId.get(id) ?? standIn;
    return key === undefined ? [] : [key];
  }

  #keyOf(id: string): Key {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw invalid('the id of a key has 1 to 64 letters, digits, "_" and "-"');
    const { secrets, folder, graceMs, clock, digests } = this.#parts;
    const path = parsePath(`${folder}/${id}`);
    const values = new AcceptedValues({ secrets, name: path, graceMs, clock, digests });
    return { id, path, values, meter: this.#meter() };
  }

  #meter(): KeyMeter {
    return new KeyMeter(this.#parts.clock);
  }

  #refuseTooMany(added: readonly Key[]): void {
    const { most } = this.#parts;
    const count = this.#byId.size + added.filter(({ id }) => !this.#byId.has(id)).length;
    if (count > most) throw invalid(`a set of keys like this one has at most ${most} of them`);
  }
}

/** Asks all of them, also when one of the first matches. @throws as `get`, when none matches and one could not be had. */
async function firstMatch(candidates: readonly Key[], presented: Uint8Array) {
  const outcomes = await Promise.allSettled(
    candidates.map(async (key) => {
      const value = await key.values.match(presented).catch(passAbsent);
      return value && { ...value, key };
    }),
  );
  const found = outcomes.find((outcome) => outcome.status === 'fulfilled' && outcome.value !== undefined);
  if (found?.status === 'fulfilled') return found.value;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return undefined;
}

/** A key that was deleted matches nothing; the others go on. */
function passAbsent(error: unknown): undefined {
  if (!isKeywardError(error, 'not_found', 'deleted')) throw error;
  return undefined;
}

function invalid(message: string): KeywardError {
  return new KeywardError('invalid', message, { advice: 'See docs/guide/api-keys.md.' });
}
