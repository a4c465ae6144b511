import type { Clock } from '../core/clock.js';
import { isKeywardError, KeywardError, toKeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import type { Observer } from '../core/observer.js';
import { type Path, quoted } from '../core/path.js';
import { fieldsOf } from '../core/payload.js';
import { parseRef, type Ref } from '../core/ref.js';
import { type Origin, Secret } from '../core/secret.js';
import type { AnswerCache } from './answer-cache.js';
import type { Chain } from './chain.js';
import type { ConfigOf, ConfigShape } from './config/config-entry.js';
import { readConfig } from './config/read-config.js';
import type { CredentialLayout } from './credential-layout.js';
import { credentialQuestion } from './credential-question.js';
import { derive } from './derive.js';
import { ExchangeCredentials } from './exchange-credentials.js';
import { explain, explainDerived } from './explain.js';
import type { Link } from './link.js';
import { checkReady, linkHealth } from './link-health.js';
import type { Answer, Question } from './question.js';
import type { SecretFields, SecretPath } from './secret-names.js';
import type {
  ChainHealth,
  Credentials,
  CredentialsOptions,
  Explanation,
  GetAllOptions,
  GetOptions,
  Secrets,
} from './secrets.js';
import type { Shapes } from './shape.js';
import { SingleFlight } from './single-flight.js';
import { StoreReader } from './store-reader.js';

export interface ChainedSecretsParts {
  readonly links: readonly Link[];
  readonly chain: Chain;
  readonly cache: AnswerCache;
  readonly shapes: Shapes;
  readonly inventory: Inventory;
  readonly layouts: readonly CredentialLayout[];
  readonly probePath: Path;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly random: () => number;
  readonly deadlineMs: number;
  readonly isProduction: boolean;
}

/** The face over chain, cache and shared calls. */
export class ChainedSecrets implements Secrets {
  readonly #parts: ChainedSecretsParts;
  readonly #flights = new SingleFlight<Answer>();
  #closing: Promise<void> | undefined;

  constructor(parts: ChainedSecretsParts) {
    this.#parts = parts;
  }

  async get(name: string, options: GetOptions = {}): Promise<Secret> {
    try {
      const answer = await this.#find(parseRef(name), (ref) => this.#parts.shapes.ofValue(ref), options);
      return Secret.of(answer.payload, this.#originOf(answer));
    } catch (error) {
      if (options.default === undefined || !isKeywardError(error, 'not_found')) throw error;
      return Secret.fromText(options.default, { provider: 'default', ageMs: 0, degraded: false });
    }
  }

  async getAll<P extends SecretPath>(path: P, options: GetAllOptions = {}): Promise<SecretFields<P, Secret>> {
    const answer = await this.#find(parseRef(path), (ref) => this.#parts.shapes.ofDocument(ref), options);
    return this.#fieldsOf(answer);
  }

  async credentials(exchange: string, options: CredentialsOptions = {}): Promise<Credentials> {
    const { layouts, inventory } = this.#parts;
    const question = credentialQuestion({ exchange, account: options.account }, layouts, inventory);
    return new ExchangeCredentials(exchange, this.#fieldsOf(await this.#answer(question, options)));
  }

  config<Shape extends ConfigShape>(shape: Shape): Promise<ConfigOf<Shape>> {
    return readConfig((names) => this.#getEach(names), shape);
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
      ask: (note) => chain.ask(question, links, question.key, new AbortController().signal, note),
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

  async #getEach(names: readonly string[]): Promise<ReadonlyMap<string, Secret | KeywardError>> {
    const get = (name: string) => this.get(name).catch((error: unknown) => toKeywardError(error, `reading ${name}`));
    return new Map(await Promise.all(names.map(async (name) => [name, await get(name)] as const)));
  }

  /** What the stores answer; for a secret that the inventory makes of others, what follows from their answers. */
  async #find(ref: Ref, question: (ref: Ref) => Question, options: GetAllOptions): Promise<Answer> {
    const { inventory, shapes } = this.#parts;
    const template = inventory.get(ref.path)?.from;
    if (template === undefined) return this.#answer(question(ref), options);
    return derive(ref, template, { inventory, shapes, ask: (part) => this.#answer(part, options) });
  }

  async #answer(question: Question, { provider, signal }: GetAllOptions): Promise<Answer> {
    this.#refuseClosed();
    signal?.throwIfAborted();
    const { cache, chain } = this.#parts;
    const links = this.#linksFor(provider);
    // A field may contain anything but control characters, so only one of those keeps the keys apart.
    const key = provider === undefined ? question.key : `${question.key}\n${provider}`;
    const kept = cache.fresh(key);
    if (kept !== undefined) {
      this.#observeRemembered(question, kept);
      return kept;
    }
    const { isJoined, result } = this.#flights.run(key, signal, (shared) => chain.ask(question, links, key, shared));
    const answer = await result;
    if (isJoined) this.#observeRemembered(question, answer);
    return answer;
  }

  #linksFor(provider: string | undefined): readonly Link[] {
    const { links } = this.#parts;
    if (provider === undefined) return links;
    const link = links.find((candidate) => candidate.provider.name === provider);
    if (link !== undefined) return [link];
    throw new KeywardError('invalid', `no store of the chain is called ${quoted(provider)}`, {
      advice: `The stores are: ${links.map((candidate) => candidate.provider.name).join(', ')}.`,
    });
  }

  #fieldsOf(answer: Answer): Readonly<Record<string, Secret>> {
    const origin = this.#originOf(answer);
    const fields = [...fieldsOf(answer.payload)];
    return Object.fromEntries(fields.map(([name, payload]) => [name, Secret.of(payload, origin)]));
  }

  #originOf({ provider, version, readAtMs, degraded }: Answer): Origin {
    return { provider, version, ageMs: this.#parts.clock.monotonic() - readAtMs, degraded };
  }

  #observeRemembered(question: Question, { provider, degraded }: Answer): void {
    const { observer } = this.#parts;
    observer.access({ path: question.path, provider, outcome: 'found', cached: true, degraded, durationMs: 0 });
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
    this.#flights.abortAll(closedError());
    this.#parts.cache.clear();
    const results = await Promise.allSettled(this.#parts.links.map((link) => link.provider.close()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

function closedError(): KeywardError {
  return new KeywardError('unavailable', 'the secrets are closed', { advice: 'Open them again with openSecrets().' });
}
