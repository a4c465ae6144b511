import { type Clock, systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Diagnosis } from '../../core/provider.js';
import type { CredentialFiles } from './credentials.js';
import { SignIn } from './sign-in.js';
import { capabilityFindings, identityOf, mostPaths, type NeededPath, tokenFindings } from './token-diagnosis.js';
import { objectIn, type VaultAnswer } from './vault-answer.js';
import { VaultSession } from './vault-session.js';
import { type VaultConnection, vaultSettings } from './vault-settings.js';
import { type VaultRequest, VaultTransport } from './vault-transport.js';
import { ignoredProxies } from './vault-variables.js';

export interface VaultClientOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly connection: VaultConnection;
  readonly auth: {
    /** `approle`, `token`, `kubernetes`, `jwt` or `userpass`; absent takes AppRole, then the token. */
    readonly method?: string | undefined;
    readonly mount?: string | undefined;
    readonly role?: string | undefined;
    readonly username?: string | undefined;
    readonly isSecretIdWrapped?: boolean | undefined;
    readonly files: CredentialFiles;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** How long a token that may not look at itself is believed to be good. */
const blindMs = 60_000;

/** A server of Vault or OpenBao, and who we are to it. Connects and signs in at the first request. */
export class VaultClient {
  readonly #options: VaultClientOptions;
  readonly #transport: VaultTransport;
  readonly #session: VaultSession;
  readonly #clock: Clock;
  #blind: { readonly token: string; readonly untilMs: number } | undefined;

  /** @throws KeywardError `config` for settings that are missing, or not to be used. */
  constructor(options: VaultClientOptions) {
    const { store, connection, auth, env, home, clock = systemClock, random = Math.random } = options;
    const settings = vaultSettings(connection, env, store);
    const { origin } = settings.address;
    const mayUseEnvironment = settings.isOfEnvironment;
    this.#options = options;
    this.#clock = clock;
    this.#transport = new VaultTransport(settings, store, clock);
    const signIn = new SignIn(this.#transport, { ...auth, env, home, origin, mayUseEnvironment });
    this.#session = new VaultSession({ transport: this.#transport, signIn, clock, random });
  }

  /**
   * The answer to a request with our token. A token that the server knows no more is replaced, once, by signing in
   * again.
   *
   * @throws KeywardError `denied` when the server knows us and refuses, `unauthenticated` when it does not; else as
   * `VaultTransport.send` and `SignIn.signIn`.
   */
  async request(request: VaultRequest): Promise<VaultAnswer> {
    const { signal } = request;
    const token = await this.#session.token(signal);
    const answer = await this.#transport.send(request, token);
    if (answer.status !== 403) return answer;
    if (this.#isBlind(token) || (await this.#session.isKnown(token, signal))) throw this.#denied(request);
    const other = await this.#session.replace(token, signal);
    if (other === undefined) throw this.#unauthenticated();
    const second = await this.#transport.send(request, other);
    if (second.status !== 403) return second;
    if (!(await this.#session.isKnown(other, signal))) {
      this.#blind = { token: other, untilMs: this.#clock.monotonic() + blindMs };
    }
    throw this.#denied(request);
  }

  /** What is remarkable about the server and our way in. @throws KeywardError as `request` when it is not healthy. */
  async inspect(signal: AbortSignal | undefined): Promise<readonly Finding[]> {
    const { store, env } = this.#options;
    const status = await this.#transport.health(signal);
    if (status === 501 || status === 503) {
      const [problem, advice] =
        status === 501
          ? ['is not initialised', 'Run: vault operator init']
          : ['is sealed', 'Run: vault operator unseal'];
      throw new KeywardError('unavailable', `${store} ${problem}`, { store, advice });
    }
    await this.request({ method: 'GET', path: 'auth/token/lookup-self', signal });
    return ignoredProxies(env).map((name) => ({
      severity: 'info',
      where: store,
      cause: `${name} is set and not used: Keyward speaks to the server directly`,
      fix: 'Nothing to do if the server can be reached.',
    }));
  }

  /** Who we are there, and what the token may do against what is needed. @throws KeywardError as `request`. */
  async diagnose(needed: readonly NeededPath[], signal: AbortSignal | undefined): Promise<Diagnosis> {
    const { store } = this.#options;
    const findings = [...(await this.#transport.examine(signal))];
    const self = await this.request({ method: 'GET', path: 'auth/token/lookup-self', signal });
    const token = objectIn(self.members, 'data') ?? new Map();
    findings.push(...tokenFindings(token, store));
    const asked = needed.slice(0, mostPaths);
    const body = JSON.stringify({ paths: asked.map(({ path }) => path) });
    const answer = await this.request({ method: 'POST', path: 'sys/capabilities-self', body, signal });
    findings.push(...capabilityFindings(answer.members, asked, store));
    return { identity: identityOf(token), findings };
  }

  close(): void {
    this.#session.close();
    this.#transport.close();
  }

  #isBlind(token: string): boolean {
    return this.#blind?.token === token && this.#clock.monotonic() < this.#blind.untilMs;
  }

  #denied({ path }: VaultRequest): KeywardError {
    const { store } = this.#options;
    const [place = ''] = path.split('?');
    return new KeywardError('denied', `${store} does not let us at ${place}`, {
      store,
      advice: `See what the token may do: vault token capabilities ${place}`,
    });
  }

  #unauthenticated(): KeywardError {
    const { store } = this.#options;
    return new KeywardError('unauthenticated', `${store} does not know the token, or no more`, {
      store,
      advice:
        'Sign in again (vault login), or set VAULT_ROLE_ID and VAULT_SECRET_ID, which Keyward signs in with itself.',
    });
  }
}
