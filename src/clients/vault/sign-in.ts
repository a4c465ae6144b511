import { KeywardError } from '../../core/errors.js';
import { type CredentialPart, type CredentialPlaces, readCredential, variableOf } from './credentials.js';
import { numberIn, objectIn, textIn } from './vault-answer.js';
import type { VaultTransport } from './vault-transport.js';

export interface SignInOptions extends CredentialPlaces {
  /** The method; by default AppRole where its two ids are there, else the token. */
  readonly method?: string | undefined;
  /** Where the method is mounted; under its own name by default. */
  readonly mount?: string | undefined;
  readonly role?: string | undefined;
  readonly username?: string | undefined;
  /** Whether the secret id is a wrapping token, to be exchanged once for the real one. */
  readonly isSecretIdWrapped?: boolean | undefined;
}

/** A token, and how long it lives; without a time where that is not known. */
export interface SignedIn {
  readonly token: string;
  readonly lifetimeMs: number | undefined;
  readonly isRenewable: boolean;
}

type Parts = { readonly [Part in CredentialPart]?: string | undefined };

interface Login {
  readonly path: string;
  readonly body: Readonly<Record<string, string | undefined>>;
}

interface LoginMethod {
  readonly needs: readonly CredentialPart[];
  readonly login: (parts: Parts, options: SignInOptions) => Login;
}

const byRole = ({ jwt }: Parts, { role }: SignInOptions): Login => ({ path: 'login', body: { role, jwt } });

/** The ways to sign in that exchange something for a token. */
const methods: Readonly<Record<string, LoginMethod>> = {
  approle: {
    needs: ['roleId', 'secretId'],
    login: ({ roleId, secretId }) => ({ path: 'login', body: { role_id: roleId, secret_id: secretId } }),
  },
  kubernetes: { needs: ['jwt'], login: byRole },
  jwt: { needs: ['jwt'], login: byRole },
  userpass: {
    needs: ['password'],
    login: ({ password }, { username = '' }) => ({
      path: `login/${encodeURIComponent(username)}`,
      body: { password },
    }),
  },
};

/** Where Kubernetes puts the token of the pod's service account. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Signs in to the server with what the configuration and the environment offer, anew with every call. */
export class SignIn {
  readonly #transport: VaultTransport;
  readonly #options: SignInOptions;
  /** A wrapping token can be exchanged once, so its secret id is kept. */
  #unwrapped: { readonly wrapping: string; readonly secretId: string } | undefined;

  /** @throws KeywardError `config` for a method that is not known, or lacks its role or user. */
  constructor(transport: VaultTransport, options: SignInOptions) {
    this.#transport = transport;
    this.#options = withDefaultFile(options);
    const { method, role, username } = options;
    if (method === undefined || method === 'token') return;
    const refuse = (problem: string, advice: string) => new KeywardError('config', `auth: ${problem}`, { advice });
    if (!Object.hasOwn(methods, method)) {
      throw refuse('is not a way to sign in', `Use token, ${Object.keys(methods).join(', ')}.`);
    }
    if ((method === 'kubernetes' || method === 'jwt') && role === undefined) {
      throw refuse(`${method} needs a role`, 'Set role: in keyward.yaml.');
    }
    if (method === 'userpass' && username === undefined) {
      throw refuse('userpass needs a user', 'Set username: in keyward.yaml.');
    }
  }

  /**
   * @throws KeywardError `unauthenticated` naming what is missing, or when the server refuses it; `config` as
   * `readCredential`; else as `VaultTransport.send`.
   */
  async signIn(): Promise<SignedIn> {
    const { method } = this.#options;
    if (method !== undefined && method !== 'token') return this.#logIn(method, await this.#parts(method));
    if (method === undefined) {
      const [roleId, secretId] = [await this.#read('roleId'), await this.#read('secretId')];
      if (roleId !== undefined && secretId !== undefined) return this.#logIn('approle', { roleId, secretId });
    }
    const token = await this.#read('token');
    if (token !== undefined) return { token, lifetimeMs: undefined, isRenewable: false };
    throw await this.#nothingToSignInWith();
  }

  async #logIn(method: string, parts: Parts): Promise<SignedIn> {
    const { store } = this.#transport;
    const { mount = method } = this.#options;
    const chosen = methods[method];
    if (chosen === undefined) throw new KeywardError('internal', 'a way to sign in is not in its table');
    const known = method === 'approle' ? { ...parts, secretId: await this.#secretIdOf(parts.secretId) } : parts;
    const { path, body } = chosen.login(known, this.#options);
    const request = { method: 'POST', path: `auth/${mount}/${path}`, body: JSON.stringify(body) } as const;
    const answer = await this.#transport.send(request);
    const auth = answer.status === 200 ? objectIn(answer.members, 'auth') : undefined;
    const token = auth && textIn(auth, 'client_token');
    if (auth === undefined || token === undefined || token === '') {
      throw new KeywardError('unauthenticated', `${store} does not let ${method} sign in at auth/${mount}`, {
        store,
        advice: `Check ${chosen.needs.map(variableOf).join(' and ')}, and the method with: vault auth list`,
      });
    }
    const seconds = numberIn(auth, 'lease_duration') ?? 0;
    return {
      token,
      lifetimeMs: seconds === 0 ? undefined : seconds * 1000,
      isRenewable: auth.get('renewable')?.text === 'true',
    };
  }

  async #parts(method: string): Promise<Parts> {
    const needs = methods[method]?.needs ?? [];
    const parts = await Promise.all(needs.map(async (part) => [part, await this.#read(part)] as const));
    const missing = parts.filter(([, value]) => value === undefined).map(([part]) => part);
    if (missing.length === 0) return Object.fromEntries(parts);
    const { store } = this.#transport;
    throw new KeywardError('unauthenticated', `${store}: ${method} lacks ${missing.map(variableOf).join(' and ')}`, {
      store,
      advice: `Set it, or name its file in keyward.yaml (${missing.map((part) => `${part}File`).join(', ')}).`,
    });
  }

  #read(part: CredentialPart): Promise<string | undefined> {
    return readCredential(part, this.#options);
  }

  /** The secret id itself, where it was handed over wrapped. */
  async #secretIdOf(given: string | undefined): Promise<string | undefined> {
    if (given === undefined || this.#options.isSecretIdWrapped !== true) return given;
    if (this.#unwrapped?.wrapping === given) return this.#unwrapped.secretId;
    const { store } = this.#transport;
    const isKnown = await this.#isOfSecretId(given);
    const request = { method: 'POST', path: 'sys/wrapping/unwrap', body: '{}' } as const;
    const answer = isKnown ? await this.#transport.send(request, given) : undefined;
    const data = answer?.status === 200 ? objectIn(answer.members, 'data') : undefined;
    const secretId = data && textIn(data, 'secret_id');
    if (secretId === undefined) {
      throw new KeywardError('unauthenticated', `${store}: the wrapped secret id cannot be unwrapped`, {
        store,
        advice:
          'It is expired, or somebody has unwrapped it before: then revoke that secret id, find out who, and issue a new one.',
      });
    }
    this.#unwrapped = { wrapping: given, secretId };
    return secretId;
  }

  /**
   * Whether the server knows the wrapping token, which then must have been made for a secret id: who took the right one
   * away can have wrapped something else in its place. Source: developer.hashicorp.com/vault/docs/concepts/response-wrapping.
   */
  async #isOfSecretId(wrapping: string): Promise<boolean> {
    const { store, settings } = this.#transport;
    const body = JSON.stringify({ token: wrapping });
    const answer = await this.#transport.send({ method: 'POST', path: 'sys/wrapping/lookup', body });
    if (answer.status !== 200) return false;
    const made = textIn(objectIn(answer.members, 'data') ?? new Map(), 'creation_path') ?? '';
    const roles = `auth/${this.#options.mount ?? 'approle'}/role/`;
    const [before = '', role = ''] = made.split(roles);
    const isHere = before === '' || before === `${settings.namespace}/`;
    if (isHere && made === `${before}${roles}${role}` && /^[^/]+\/secret-id$/.test(role)) return true;
    throw new KeywardError('integrity', `${store}: the wrapping token was made for something else than a secret id`, {
      store,
      advice: `Somebody may have exchanged it (${roles}…/secret-id was expected). Find out who, and issue a new one.`,
    });
  }

  async #nothingToSignInWith(): Promise<KeywardError> {
    const { store } = this.#transport;
    const half = (await this.#read('roleId')) !== undefined ? 'VAULT_SECRET_ID' : undefined;
    const other = (await this.#read('secretId')) !== undefined ? 'VAULT_ROLE_ID' : undefined;
    const missing = half ?? other;
    const problem =
      this.#options.method === 'token'
        ? 'there is no token: neither VAULT_TOKEN nor ~/.vault-token'
        : missing === undefined
          ? 'there is nothing to sign in with: neither VAULT_ROLE_ID and VAULT_SECRET_ID, nor VAULT_TOKEN, nor ~/.vault-token'
          : `${missing} is missing for AppRole, and there is no token either`;
    return new KeywardError('unauthenticated', `${store}: ${problem}`, {
      store,
      advice: `Set ${missing ?? 'one of them'}, or run: vault login`,
    });
  }
}

function withDefaultFile(options: SignInOptions): SignInOptions {
  const { method, files, env } = options;
  const isNamed = files.jwt !== undefined || env['VAULT_JWT'] !== undefined || env['VAULT_JWT_FILE'] !== undefined;
  if (method !== 'kubernetes' || isNamed) return options;
  return { ...options, files: { ...files, jwt: serviceAccountToken } };
}
