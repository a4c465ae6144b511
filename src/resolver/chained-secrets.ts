import type { Clock } from '../core/clock.js';
import { isKeywardError, KeywardError, toKeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import type { Observer } from '../core/observer.js';
import type { Path } from '../core/path.js';
import { fieldsOf, type Payload } from '../core/payload.js';
import { parseRef, type Ref } from '../core/ref.js';
import { type Origin, Secret } from '../core/secret.js';
import type { AnswerCache, CacheLimits } from './answer-cache.js';
import { Answers } from './answers.js';
import { bindMethods } from './bind-methods.js';
import type { Chain } from './chain.js';
import type { ConfigOf, ConfigShape } from './config/config-entry.js';
import { readConfig } from './config/read-config.js';
import type { CredentialLayout } from './credential-layout.js';
import { type CredentialOwner, credentialQuestion, previousCredentialQuestion } from './credential-question.js';
import { derivationOf } from './derive.js';
import { ExchangeCredentials } from './exchange-credentials.js';
import { explain, explainDerived } from './explain.js';
import { DocumentHandle } from './fields-handle.js';
import { KnownValues } from './known-values.js';
import type { Link } from './link.js';
import { checkReady, linkHealth } from './link-health.js';
import { LiveValues } from './live-values.js';
import type { Answer, Question } from './question.js';
import type { SecretFields, SecretPath } from './secret-names.js';
import type {
  ChainHealth,
  Credentials,
  CredentialsOptions,
  Explanation,
  Fields,
  FieldsHandle,
  GetAllOptions,
  GetOptions,
  SecretHandle,
  Secrets,
  WithCredentialsOptions,
} from './secrets.js';
import type { Shapes } from './shape.js';
import { StoreReader } from './store-reader.js';
import { oneOf, type Wanted } from './wanted.js';
import { watchLinks } from './watch-links.js';
import { looksLikeAuthError, withCredentials } from './with-credentials.js';

export interface ChainedSecretsParts {
  readonly links: readonly Link[];
  readonly chain: Chain;
  readonly cache: AnswerCache;
  readonly limits: CacheLimits;
  readonly shapes: Shapes;
  readonly inventory: Inventory;
  readonly layouts: readonly CredentialLayout[];
  readonly probePath: Path;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly random: () => number;
  readonly deadlineMs: number;
  readonly isProduction: boolean;
  readonly onClosing: () => Promise<void>;
  readonly onClose: () => Promise<void>;
}

/** An answer as callers get it. */
interface Given {
  readonly secret: Secret;
  readonly promise: Promise<Secret>;
}

const maxParsedNames = 10_000;

/** The face over chain, memory and live values. */
export class ChainedSecrets implements Secrets {
  readonly #parts: ChainedSecretsParts;
  readonly #answers: Answers;
  readonly #live: LiveValues;
  readonly #known = new KnownValues();
  /** Names that were asked for, so that a remembered value is found without reading its name again. */
  readonly #parsed = new Map<string, Wanted>();
  /** Made once for each answer: secrets do not change, so all who ask share them, and the promise of them. */
  readonly #given = new WeakMap<Answer, Given>();
  #closing: Promise<void> | undefined;

  constructor(parts: ChainedSecretsParts) {
    this.#parts = parts;
    const { links, limits, clock, random } = parts;
    this.#answers = new Answers(parts, (inquiry, outcome) => this.#live.take(inquiry, outcome));
    this.#live = new LiveValues({
      clock,
      random,
      ...limits,
      renew: (inquiry) => this.#answers.renew(inquiry),
      secretOf: (answer) => this.#secretOf(answer),
      watch: () => watchLinks(links, () => this.expire()),
    });
    bindMethods(this);
  }

  get(name: string, options?: GetOptions): Promise<Secret> {
    const inquiry = options === undefined ? this.#parsed.get(name)?.only : undefined;
    const remembered = inquiry && this.#answers.remembered(inquiry);
    return remembered === undefined ? this.#get(name, options ?? {}) : this.#givenFor(remembered).promise;
  }

  async getAll<P extends SecretPath>(path: P, options: GetAllOptions = {}): Promise<SecretFields<P, Secret>> {
    return this.#fieldsOf(await this.#answer(this.#wantedDocument(path, options.provider), options.signal));
  }

  async getMany(
    names: Iterable<string>,
    options: GetAllOptions = {},
  ): Promise<ReadonlyMap<string, Secret | KeywardError>> {
    this.#refuseClosed();
    const wanted = new Map([...names].map((name) => [name, valueOrError(() => this.#wanted(name, options.provider))]));
    const inquiries = [...wanted.values()].flatMap((each) => (each instanceof KeywardError ? [] : each.inquiries));
    const outcomes = await this.#answers.answerAll(inquiries, options.signal);
    const byInquiry = new Map(inquiries.map((inquiry, index) => [inquiry, outcomes[index]]));
    const secretFor = (each: Wanted) =>
      this.#secretOf(each.combine(each.inquiries.flatMap((inquiry) => byInquiry.get(inquiry) ?? [])));
    return new Map(
      [...wanted].map(([name, each]) => [
        name,
        each instanceof KeywardError ? each : valueOrError(() => secretFor(each)),
      ]),
    );
  }

  async credentials(exchange: string, options: CredentialsOptions = {}): Promise<Credentials> {
    const question = this.#credentialQuestion({ exchange, account: options.account });
    const wanted = oneOf(this.#answers.inquire(question, options.provider));
    return new ExchangeCredentials(exchange, this.#fieldsOf(await this.#answer(wanted, options.signal)));
  }

  async withCredentials<T>(
    exchange: string,
    use: (credentials: Credentials) => T | Promise<T>,
    options: WithCredentialsOptions = {},
  ): Promise<T> {
    this.#refuseClosed();
    const { isAuthError = looksLikeAuthError, account, provider, signal } = options;
    const owner = { exchange, account };
    const answers = this.#answers;
    const current = answers.inquire(this.#credentialQuestion(owner), provider);
    const previousOf = ({ ref, provider: store }: Answer) => {
      const question = previousCredentialQuestion(owner, this.#parts.layouts, ref.path);
      return question && answers.inquire(question, store);
    };
    return withCredentials({ answers, current, previousOf, isAuthError, signal }, async (answer) =>
      use(new ExchangeCredentials(exchange, this.#fieldsOf(answer))),
    );
  }

  config<Shape extends ConfigShape>(shape: Shape): Promise<ConfigOf<Shape>> {
    return readConfig({ lookUp: (names) => this.getMany(names), onPlain: (name) => this.#known.exclude(name) }, shape);
  }

  known(): readonly Secret[] {
    return this.#known.list();
  }

  async handle(name: string, { provider, signal }: GetAllOptions = {}): Promise<SecretHandle> {
    this.#refuseClosed();
    return this.#handle(name, this.#wanted(name, provider), signal);
  }

  async handleAll<P extends SecretPath>(
    path: P,
    { provider, signal }: GetAllOptions = {},
  ): Promise<FieldsHandle<SecretFields<P, Secret>>> {
    this.#refuseClosed();
    const whole = await this.#handle(path, this.#wantedDocument(path, provider), signal);
    return new DocumentHandle(whole, splitIntoFields);
  }

  async #handle(name: string, wanted: Wanted, signal: AbortSignal | undefined): Promise<SecretHandle> {
    const outcomes = await this.#answers.answerAll(wanted.inquiries, signal);
    this.#refuseClosed();
    return this.#live.open(name, wanted, outcomes);
  }

  async refresh(name?: string): Promise<void> {
    this.#refuseClosed();
    if (name === undefined) this.expire();
    else await Promise.all(this.#wanted(name).inquiries.map((inquiry) => this.#answers.force(inquiry)));
  }

  /** Something in the stores may have changed: what is remembered is asked for anew, and by handles within a second. */
  expire(): void {
    this.#answers.expire();
    this.#live.hint();
  }

  async explain(name: string): Promise<Explanation> {
    this.#refuseClosed();
    const ref = parseRef(name);
    const { links, chain, shapes, inventory } = this.#parts;
    const template = inventory.get(ref.path)?.from;
    if (template !== undefined) return explainDerived(ref, template, inventory, (part) => this.explain(part));
    const question = shapes.ofValue(ref);
    return explain(ref, question, {
      links,
      ask: (note) => chain.ask(this.#answers.inquire(question), new AbortController().signal, { note }),
      reader: this.#readers(),
    });
  }

  async health(): Promise<ChainHealth> {
    const links = await Promise.all(this.#parts.links.map((link) => linkHealth(link, this.#probe())));
    return { status: links.every((link) => link.status === 'healthy') ? 'healthy' : 'unhealthy', links };
  }

  async ready(): Promise<void> {
    this.#refuseClosed();
    await checkReady(this.#parts.links, this.#parts.isProduction, this.#probe());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #get(name: string, options: GetOptions): Promise<Secret> {
    try {
      return this.#secretOf(await this.#answer(this.#wanted(name, options.provider), options.signal));
    } catch (error) {
      if (options.default === undefined || !isKeywardError(error, 'not_found')) throw error;
      return Secret.fromText(options.default, { provider: 'default', ageMs: 0, degraded: false });
    }
  }

  async #answer({ only, inquiries, combine }: Wanted, signal: AbortSignal | undefined): Promise<Answer> {
    this.#refuseClosed();
    if (only !== undefined) return this.#answers.answer(only, signal);
    return combine(await this.#answers.answerAll(inquiries, signal));
  }

  #wantedDocument(path: string, provider: string | undefined): Wanted {
    return this.#wantedOf(parseRef(path), (ref) => this.#parts.shapes.ofDocument(ref), provider);
  }

  #wanted(name: string, provider?: string): Wanted {
    const known = provider === undefined ? this.#parsed.get(name) : undefined;
    if (known !== undefined) return known;
    const wanted = this.#wantedOf(parseRef(name), (ref) => this.#parts.shapes.ofValue(ref), provider);
    if (provider !== undefined) return wanted;
    if (this.#parsed.size >= maxParsedNames) this.#parsed.clear();
    this.#parsed.set(name, wanted);
    return wanted;
  }

  /** What the stores answer; for a secret that the inventory makes of others, what follows from their answers. */
  #wantedOf(ref: Ref, questionOf: (ref: Ref) => Question, provider: string | undefined): Wanted {
    const template = this.#parts.inventory.get(ref.path)?.from;
    if (template === undefined) return oneOf(this.#answers.inquire(questionOf(ref), provider));
    const { questions, combine } = derivationOf(ref, template, this.#parts);
    const inquiries = questions.map((question) => this.#answers.inquire(question, provider));
    const combineKnown: Wanted['combine'] = (outcomes) => {
      const answer = combine(outcomes);
      // What was put into another value may be printed by itself, as drivers do in their errors.
      for (const part of outcomes) if (!(part instanceof KeywardError)) this.#known.add(part.ref, part.payload);
      return answer;
    };
    return { inquiries, only: undefined, combine: combineKnown };
  }

  #credentialQuestion(owner: CredentialOwner): Question {
    return credentialQuestion(owner, this.#parts.layouts, this.#parts.inventory);
  }

  #secretOf(answer: Answer): Secret {
    return this.#givenFor(answer).secret;
  }

  #givenFor(answer: Answer): Given {
    const known = this.#given.get(answer);
    if (known !== undefined) return known;
    const secret = Secret.of(answer.payload, () => this.#originOf(answer));
    const given = { secret, promise: Promise.resolve(secret) };
    this.#given.set(answer, given);
    this.#known.add(answer.ref, answer.payload);
    return given;
  }

  #fieldsOf(answer: Answer): Readonly<Record<string, Secret>> {
    const origin = () => this.#originOf(answer);
    this.#known.add(answer.ref, answer.payload);
    return splitPayload(answer.payload, origin);
  }

  #originOf({ provider, version, createdAt, readAtMs, degraded }: Answer): Origin {
    return { provider, version, createdAt, ageMs: this.#parts.clock.monotonic() - readAtMs, degraded };
  }

  #probe() {
    const { probePath, clock, deadlineMs, observer } = this.#parts;
    const place = { ref: { path: probePath }, name: probePath };
    return { place, clock, deadlineMs, observer, reader: this.#readers() };
  }

  #readers(): (link: Link) => StoreReader {
    const { clock, random, deadlineMs } = this.#parts;
    const untilMs = clock.monotonic() + deadlineMs;
    const { signal } = new AbortController();
    return (link) => new StoreReader(link, { clock, random, untilMs, signal });
  }

  #refuseClosed(): void {
    if (this.#closing === undefined) return;
    throw closedError();
  }

  async #close(): Promise<void> {
    this.#live.stop(closedError());
    this.#answers.close(closedError());
    const [first] = await Promise.allSettled([this.#parts.onClosing()]);
    const results = await Promise.allSettled(this.#parts.links.map((link) => link.provider.close()));
    const [last] = await Promise.allSettled([this.#parts.onClose()]);
    const failed = [first, ...results, last].find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

function splitPayload(payload: Payload, origin: () => Origin): Fields {
  return Object.fromEntries([...fieldsOf(payload)].map(([name, part]) => [name, Secret.of(part, origin)]));
}

/** @param whole given by a handle: it has an origin. */
function splitIntoFields(whole: Secret): Fields {
  return splitPayload({ kind: whole.kind, bytes: whole.exposeBytes() }, () => originOf(whole));
}

function originOf({ origin }: Secret): Origin {
  if (origin !== undefined) return origin;
  throw new KeywardError('internal', 'a value of a store has no origin');
}

function valueOrError<T>(make: () => T): T | KeywardError {
  try {
    return make();
  } catch (error) {
    return toKeywardError(error, 'reading several names');
  }
}

function closedError(): KeywardError {
  return new KeywardError('unavailable', 'the secrets are closed', { advice: 'Open them again with openSecrets().' });
}
