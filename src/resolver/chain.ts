import type { Clock } from '../core/clock.js';
import { KeywardError, toKeywardError } from '../core/errors.js';
import type { AccessRecord, Observer } from '../core/observer.js';
import type { Path } from '../core/path.js';
import { formatRef } from '../core/ref.js';
import type { AnswerCache } from './answer-cache.js';
import { absentEverywhere, isOutage, type Outage, servedByNone, stoppedAt, unavailableAt } from './failures.js';
import type { LastGoodCopies } from './last-good-copies.js';
import { type AskedLink, mayStandIn, servesPlace } from './link.js';
import type { Answer, Found, Inquiry, Question } from './question.js';
import type { ExplainStep } from './secrets.js';
import { StoreReader } from './store-reader.js';
import { within } from './within.js';

/** How long a look at the copies may take, beyond the deadline that the stores have used up. */
const copyMs = 2_000;

export interface ChainOptions {
  readonly cache: AnswerCache;
  readonly copies?: LastGoodCopies | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Spreads retries: from 0 up to 1. */
  readonly random: () => number;
  /** Time for one question as a whole, over all stores and retries, in milliseconds. */
  readonly deadlineMs: number;
  readonly isProduction: boolean;
  /** Name of the environment, for messages. */
  readonly environment: string;
}

export interface AskOptions {
  /** Hears what each asked link answered and why the chain went on or stopped. */
  readonly note?: (link: AskedLink, outcome: ExplainStep['outcome'], reason: string) => void;
  /** Spreads the retries of this question, instead of the chain's own. */
  readonly random?: () => number;
}

/** One question on its way through the links. */
interface Pass extends Required<AskOptions> {
  readonly question: Question;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly asked: readonly AskedLink[];
  readonly down: Outage[];
  /** The cache's count of drops when it began. */
  readonly dropsBefore: number;
}

/**
 * Asks stores in order under the rules that keep an outage or a refusal from turning into a weaker store's value.
 *
 * Attested absence goes on to the next store. An outage gives the last good answer, else goes on only where the link
 * lets another store stand in, and never to a lower store once this one has served the path. Every other failure stops
 * and drops what is remembered.
 */
export class Chain {
  readonly #options: ChainOptions;
  /** Which store has served which path. Never shrinks, since forgetting would let a weaker store stand in. */
  readonly #served = new Set<string>();

  constructor(options: ChainOptions) {
    this.#options = options;
  }

  /**
   * The answer of the links to the question, which is then remembered.
   *
   * @throws KeywardError `not_found` when every link asked attested absence, `unavailable` in an outage that nothing may
   * cover, `config` when no link serves the question, else the code of the store that stopped the chain.
   */
  async ask({ question, links, key }: Inquiry, signal: AbortSignal, options: AskOptions = {}): Promise<Answer> {
    const { cache, clock, deadlineMs, isProduction, environment } = this.#options;
    const asked = links.filter((link) => question.places.some((place) => servesPlace(link, place)));
    if (asked.length === 0) throw servedByNone(links, question);
    const { note = () => {}, random = this.#options.random } = options;
    const pass: Pass = { question, key, signal, asked, down: [], dropsBefore: cache.drops, note, random };
    const endMs = clock.monotonic() + deadlineMs;
    for (const [index, link] of asked.entries()) {
      const blocking = pass.down.find((outage) => !mayStandIn(link, outage.link, isProduction));
      if (blocking !== undefined) {
        const because = `${link.provider.name} may not stand in for it (environment ${environment})`;
        throw unavailableAt(blocking, question, because);
      }
      const answer = await this.#askLink(link, index, endMs, pass);
      if (answer !== undefined) return answer;
    }
    const outage = pass.down[0];
    if (outage !== undefined) throw unavailableAt(outage, question, 'no other store has it');
    throw absentEverywhere(asked, question);
  }

  async #askLink(link: AskedLink, index: number, endMs: number, pass: Pass): Promise<Answer | undefined> {
    const { clock, cache, copies, observer } = this.#options;
    const { question, key, asked, down, note } = pass;
    const store = link.provider.name;
    const readAtMs = clock.monotonic();
    const untilMs = readAtMs + (endMs - readAtMs) / (1 + this.#countHeirs(link, index, pass));
    const outcome = await this.#lookIn(link, untilMs, pass);
    const report = (what: AccessRecord['outcome'], version?: AccessRecord['version']) =>
      observer.access({
        path: question.path,
        provider: store,
        outcome: what,
        version,
        cached: false,
        degraded: what === 'found' && down.length > 0,
        durationMs: clock.monotonic() - readAtMs,
      });
    if (outcome === undefined) {
      report('absent');
      note(link, 'absent', 'it does not hold this name');
      cache.forget(key, store);
      copies?.forget(question, key, link);
      return undefined;
    }
    if (outcome instanceof KeywardError) {
      report(outcome.code);
      if (isOutage(outcome)) return this.#bridge({ link, error: outcome }, pass);
      note(link, 'failed', `${outcome.code}: ${outcome.message}; the chain stops here`);
      cache.forgetPlaces(question.places);
      copies?.forgetPlaces(question.places);
      throw stoppedAt(link, question, outcome, index === asked.length - 1);
    }
    report('found', outcome.version);
    note(link, 'answered', describeFound(outcome));
    this.#served.add(servedKey(store, question.path)).add(servedKey(store, outcome.ref.path));
    const answer: Answer = { ...outcome, provider: store, readAtMs, degraded: down.length > 0 };
    if (cache.keep(key, answer, pass.dropsBefore)) copies?.keep(key, answer);
    return answer;
  }

  /** The last good answer for a store that is out of reach; `undefined` when the chain may go on without one. */
  async #bridge(outage: Outage, pass: Pass): Promise<Answer | undefined> {
    const { cache, clock, observer } = this.#options;
    const { question, key, down, note } = pass;
    const { link, error } = outage;
    const store = link.provider.name;
    const lastGood = cache.lastGood(key, store) ?? (await this.#copy(outage, pass));
    if (lastGood !== undefined) {
      const ageMs = Math.round(clock.monotonic() - lastGood.readAtMs);
      note(link, 'failed', `${error.code}; the last good value, from ${lastGood.provider} ${ageMs} ms ago, stands in`);
      observer.access({
        path: question.path,
        provider: lastGood.provider,
        outcome: 'found',
        version: lastGood.version,
        cached: true,
        degraded: true,
        durationMs: 0,
      });
      return lastGood;
    }
    note(link, 'failed', `${error.code}: ${error.message}`);
    if (this.#hasServed(link, question)) {
      throw unavailableAt(
        outage,
        question,
        'it has served this path before, so no other store stands in for it, and no last good value is young enough',
      );
    }
    down.push(outage);
    return undefined;
  }

  /** The last good answer of an earlier process, which is from now on remembered. */
  async #copy(outage: Outage, { question, key, signal, note, dropsBefore }: Pass): Promise<Answer | undefined> {
    const { cache, copies, clock } = this.#options;
    if (copies === undefined) return undefined;
    const { link, error } = outage;
    const refuse = (because: string) => {
      note(link, 'failed', `${error.code}: ${error.message}`);
      return unavailableAt(outage, question, because);
    };
    const late = () => new KeywardError('timeout', 'the last good values were not read in time');
    const found = await within(clock, copyMs, signal, late, () => copies.find(question, key, link)).catch(
      (cause: unknown) => {
        signal.throwIfAborted();
        throw refuse(toKeywardError(cause, 'reading the last good values').message);
      },
    );
    if (found === undefined) return undefined;
    const { answer } = found;
    if (answer === undefined) throw refuse('its last good value is too old, and no other store stands in for it');
    // Meanwhile it may have been refused, or read anew.
    return cache.keep(key, answer, dropsBefore) ? answer : cache.lastGood(key, link.provider.name);
  }

  async #lookIn(link: AskedLink, untilMs: number, pass: Pass): Promise<Found | undefined | KeywardError> {
    const { clock } = this.#options;
    const { question, signal, random } = pass;
    try {
      return await question.lookIn(new StoreReader(link, { clock, random, untilMs, signal }));
    } catch (error) {
      signal.throwIfAborted();
      return toKeywardError(error, `reading ${question.title} from ${link.provider.name}`);
    }
  }

  /** How many of the next links would be asked if this one is out of reach: they share the time that is left. */
  #countHeirs(link: AskedLink, index: number, { question, asked }: Pass): number {
    if (this.#hasServed(link, question)) return 0;
    const later = asked.slice(index + 1);
    const end = later.findIndex((next) => !mayStandIn(next, link, this.#options.isProduction));
    return end < 0 ? later.length : end;
  }

  #hasServed({ provider }: AskedLink, question: Question): boolean {
    return question.places.some(({ ref }) => this.#served.has(servedKey(provider.name, ref.path)));
  }
}

function servedKey(store: string, path: Path): string {
  return `${store} ${path}`;
}

/** For people: `found as field api_key of document exchange/binance, version 3`. */
export function describeFound({ ref, version }: Found): string {
  const where =
    ref.field === undefined
      ? `secret ${formatRef({ path: ref.path })}`
      : `field ${ref.field} of document ${formatRef({ path: ref.path })}`;
  return `found as ${where}${version === undefined ? '' : `, version ${version}`}`;
}
