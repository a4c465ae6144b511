import type { KeywardError } from '../core/errors.js';
import type { ProviderHealth } from '../core/provider.js';
import type { Secret } from '../core/secret.js';
import type { ConfigOf, ConfigShape } from './config/config-entry.js';
import type { SecretFields, SecretName, SecretPath } from './secret-names.js';

export interface GetOptions {
  /** Returned (as a Secret) only when every store answered that the name is absent; never in an outage. */
  readonly default?: string | undefined;
  /** Asks this link of the chain only. */
  readonly provider?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type GetAllOptions = Omit<GetOptions, 'default'>;

/** A value that is kept current while the handle is open. It does not keep the process running. */
export interface SecretHandle {
  readonly name: string;
  /**
   * The present value, at once and without I/O: that of the last answer of the chain, while `get` would give it.
   *
   * @throws KeywardError once `get` would throw: `denied`, `not_found` and the like from the moment a store says so,
   * `unavailable` when no store has answered for `maxStale` (or, where that is longer, the time to live); and
   * `unavailable` after `close`. A value that can be had again is given again.
   */
  current(): Secret;
  /** Tells of every other value, by its bytes. Answers how to stop. */
  onChange(listener: (secret: Secret, previous: Secret) => void): () => void;
  /** Tells when `current` begins to throw, and what. Answers how to stop. */
  onError(listener: (error: KeywardError) => void): () => void;
  close(): void;
}

/** The fields of a document by name. */
export type Fields = Readonly<Record<string, Secret>>;

/** A document that is kept current, as `SecretHandle` keeps a value; its fields are always those of one version. */
export interface FieldsHandle<Of extends Fields> extends Omit<SecretHandle, 'current' | 'onChange'> {
  /** The present fields, at once and without I/O. @throws as `SecretHandle.current` */
  current(): Of;
  /** Tells of every other version of which a byte differs. Answers how to stop. */
  onChange(listener: (fields: Of, previous: Of) => void): () => void;
}

export interface WithCredentialsOptions extends CredentialsOptions {
  /**
   * Whether an error of the function means that the credentials were refused. By default: ccxt's `AuthenticationError`
   * and its kinds (any class of that name), and errors with the HTTP status 401.
   */
  readonly isAuthError?: ((error: unknown) => boolean) | undefined;
}

export interface CredentialsOptions extends GetAllOptions {
  /** One of several keys at the same exchange, for example `readonly`. */
  readonly account?: string | undefined;
}

/** The credentials of one exchange in their canonical shape. Prints nothing of itself. */
export interface Credentials {
  readonly exchange: string;
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  readonly passphrase?: Secret | undefined;
  /** Whether they are for the sandbox. */
  readonly testnet: boolean;
  /** Every field by its canonical name, those beyond the usual ones too. */
  readonly fields: Readonly<Record<string, Secret>>;
  /** Plain strings under ccxt's names: `{apiKey, secret, password?, …}`. */
  expose(shape: 'ccxt'): Readonly<Record<string, string>>;
}

export interface LinkHealth extends ProviderHealth {
  readonly provider: string;
  readonly kind: string;
  /** Result of a real read of the probe path: absent is healthy. */
  readonly probe: 'read' | 'absent' | 'denied' | 'failed' | 'not probed';
}

export interface ChainHealth {
  readonly status: 'healthy' | 'unhealthy';
  readonly links: readonly LinkHealth[];
}

/** What one link answered for one name, and why the chain went on or stopped. Holds no value. */
export interface ExplainStep {
  readonly provider: string;
  readonly kind: string;
  readonly outcome: 'answered' | 'absent' | 'not asked' | 'failed';
  /** A sentence: "found as field api_key of document exchange/binance, version 3". */
  readonly reason: string;
}

export interface Explanation {
  readonly name: string;
  readonly steps: readonly ExplainStep[];
  /** What the value is made of, when the inventory makes it of others; there are no steps then. */
  readonly parts?: readonly Explanation[] | undefined;
  readonly answeredBy?: string | undefined;
  /** Where the same name would also be found, further down or under its other shape. */
  readonly shadowed: readonly string[];
}

/** The library's face: an ordered chain of stores with safe fallback. */
export interface Secrets {
  /**
   * One value, by `path`, `path/field`, `path#field` or any of them with `@version`.
   *
   * @throws KeywardError `not_found` when every store answered absent and there is no default; `unavailable` (and never
   * an older or weaker store's value) in an outage; `denied` and the other codes of the store that stopped the chain.
   */
  get(name: SecretName, options?: GetOptions): Promise<Secret>;
  /** Every field of a document, all of one provider and one version. */
  getAll<P extends SecretPath>(path: P, options?: GetAllOptions): Promise<SecretFields<P, Secret>>;
  credentials(exchange: string, options?: CredentialsOptions): Promise<Credentials>;
  /**
   * Every value of the shape, in the same shape: `{ jwt: secret('app/jwt_secret'), port: plain('app/port', schema) }`.
   *
   * @throws KeywardError naming every entry that is missing or wrong, all at once.
   */
  config<Shape extends ConfigShape>(shape: Shape): Promise<ConfigOf<Shape>>;
  /**
   * The values that were given out so far, the last four of each name, without those that `config` read as plain: what a
   * log has to be kept free of (`keyward/redaction`).
   */
  known(): readonly Secret[];
  /**
   * Each as `get` would answer it, with its error as a value: together within one deadline, in one batch for each store
   * that has a batch read.
   */
  getMany(names: Iterable<SecretName>, options?: GetAllOptions): Promise<ReadonlyMap<string, Secret | KeywardError>>;
  /** Waits for the first value, then keeps it current. @throws as `get`. */
  handle(name: SecretName, options?: GetAllOptions): Promise<SecretHandle>;
  /** As `handle`, for every field of a document. @throws as `getAll`. */
  handleAll<P extends SecretPath>(path: P, options?: GetAllOptions): Promise<FieldsHandle<SecretFields<P, Secret>>>;
  /**
   * Runs the function with the credentials. When it fails because they were refused, it runs once more: with newer ones
   * if the stores have them by now (asked at most once in 5 s), else with the previous version while its store still
   * gives that.
   *
   * @throws what the function throws; what `credentials` throws.
   */
  withCredentials<T>(
    exchange: string,
    use: (credentials: Credentials) => T | Promise<T>,
    options?: WithCredentialsOptions,
  ): Promise<T>;
  /**
   * Asks the stores for the name now, past what is remembered; at most once in 5 s, in which the last outcome stands.
   * Without a name, everything that is remembered is asked for anew when it is next wanted, and by handles at once.
   *
   * @throws as `get`.
   */
  refresh(name?: SecretName): Promise<void>;
  /** Where the value comes from and why, store by store. Reads, but answers no value. */
  explain(name: SecretName): Promise<Explanation>;
  /** Asks every link for its own health and for the probe path. Never throws. */
  health(): Promise<ChainHealth>;
  /** Connects every link now instead of at the first read. @throws as `get` when a link that must answer cannot. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
