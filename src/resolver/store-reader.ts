import { type Clock, sleep } from '../core/clock.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { CallOptions } from '../core/provider.js';
import { formatRef, isSelected, type Ref } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';
import { versionKey } from '../core/version.js';
import { type AskedLink, type Place, servesPlace } from './link.js';
import { within } from './within.js';

const attempts = 3;
const firstPauseMs = 100;

export interface ReaderOptions {
  readonly clock: Clock;
  /** Spreads retries: from 0 up to 1. */
  readonly random: () => number;
  /** When every read has to have ended, on the monotonic clock. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

type ReadResult = SecretVersion | undefined | KeywardError;

/** One store as a question sees it: asked only for what it serves, retried a little, never beyond the time given. */
export class StoreReader {
  readonly #link: AskedLink;
  readonly #options: ReaderOptions;

  constructor(link: AskedLink, options: ReaderOptions) {
    this.#link = link;
    this.#options = options;
  }

  get store(): string {
    return this.#link.provider.name;
  }

  get layout(): 'document' | 'single' | 'both' {
    return this.#link.provider.traits.layout;
  }

  /** As a provider's `read`; absent without asking where the link does not serve the place. */
  async read(place: Place): Promise<SecretVersion | undefined> {
    if (!servesPlace(this.#link, place)) return undefined;
    const { ref } = place;
    return checkedVersion(
      ref,
      this.store,
      await this.#attempt(formatRef(ref), (call) => this.#link.provider.read(ref, call)),
    );
  }

  /** As `read` for each place, in order, errors as values: one call where the store has a batch read. */
  async readMany(places: readonly Place[]): Promise<readonly ReadResult[]> {
    if (!this.#link.provider.capabilities.has('readMany')) {
      return Promise.all(places.map((place) => this.read(place).catch(errorValue)));
    }
    const refs = places.filter((place) => servesPlace(this.#link, place)).map((place) => place.ref);
    if (refs.length === 0) return places.map(() => undefined);
    const results = await this.#attempt(refs.map(formatRef).join(', '), (call) =>
      this.#link.provider.readMany(refs, call),
    );
    return places.map((place) => {
      const result = refs.includes(place.ref) ? this.#answerTo(place.ref, refs, results) : undefined;
      return result instanceof KeywardError ? result : checkedVersion(place.ref, this.store, result);
    });
  }

  #answerTo(ref: Ref, refs: readonly Ref[], results: readonly ReadResult[]): ReadResult {
    if (results.length === refs.length) return results[refs.indexOf(ref)];
    return new KeywardError('invalid', `${this.store} answered ${results.length} of ${refs.length} reads`, {
      store: this.store,
      path: ref.path,
    });
  }

  async #attempt<T>(what: string, call: (options: CallOptions) => Promise<T>): Promise<T> {
    const { clock, untilMs, random, signal } = this.#options;
    const late = () =>
      new KeywardError('timeout', `${this.store} did not answer for ${what} in time`, { store: this.store });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await within(clock, untilMs - clock.monotonic(), signal, late, async (inner) => call({ signal: inner }));
      } catch (error) {
        const pauseMs = firstPauseMs * 2 ** (attempt - 1) * (0.5 + random() / 2);
        const isHopeless = attempt === attempts || clock.monotonic() + pauseMs >= untilMs;
        if (isHopeless || signal.aborted || !isKeywardError(error, 'throttled', 'unavailable')) throw error;
        await sleep(clock, pauseMs, signal);
      }
    }
  }
}

function errorValue(error: unknown): KeywardError {
  if (error instanceof KeywardError) return error;
  throw error;
}

/** Only `undefined` is absence: what is no value of this path is an error, so that no weaker store is asked. */
function checkedVersion(ref: Ref, store: string, answer: SecretVersion | undefined): SecretVersion | undefined {
  if (answer === undefined) return undefined;
  const details = { store, path: ref.path };
  if (!(answer?.payload?.bytes instanceof Uint8Array) || answer.path !== ref.path) {
    throw new KeywardError(
      'invalid',
      `${store} answered neither a value of ${formatRef(ref)} nor its absence`,
      details,
    );
  }
  const given = answer.version;
  const isPinned = ref.version !== undefined && ref.version.kind !== 'stage';
  if (!isPinned || given === undefined || isSelected(given, ref.version)) return answer;
  throw new KeywardError(
    'integrity',
    `${store} answered version ${versionKey(given)} when asked for ${formatRef(ref)}`,
    details,
  );
}
