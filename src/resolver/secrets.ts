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
  /** Where the value comes from and why, store by store. Reads, but answers no value. */
  explain(name: SecretName): Promise<Explanation>;
  /** Asks every link for its own health and for the probe path. Never throws. */
  health(): Promise<ChainHealth>;
  /** Connects every link now instead of at the first read. @throws as `get` when a link that must answer cannot. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
