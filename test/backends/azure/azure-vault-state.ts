import { randomBytes } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface VaultRequest {
  readonly method: string;
  /** `https://host:port`, as the caller spells it. */
  readonly base: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

interface Version {
  readonly id: string;
  readonly value: string;
  contentType: string | undefined;
  tags: Readonly<Record<string, string>> | undefined;
  enabled: boolean;
  nbf: number | undefined;
  exp: number | undefined;
  readonly created: number;
  updated: number;
}

interface Secret {
  readonly name: string;
  readonly versions: Version[];
  managed?: true;
  deletedAt: number | undefined;
  /** What was accepted and is not finished, and how often it is asked for until it is. */
  pending: { readonly what: 'delete' | 'recover'; left: number } | undefined;
}

export interface SeededVersion {
  readonly value: string;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
  readonly exp?: number;
  readonly nbf?: number;
  /** Seconds since 1970; now when absent. */
  readonly created?: number;
}

/** The form of every error of the service. */
export const refuse = (status: number, code: string, message: string, inner?: string): Answer => ({
  status,
  body: { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } },
});
const names = /^[0-9a-zA-Z-]{1,127}$/;
const maxPage = 25;
const day = 86_400;

/** What the vault keeps, and what it answers; where the recordings say nothing, as the reports of the service do. */
export class AzureVaultState {
  /** How often what was accepted is answered as unfinished. */
  settleAfter = 0;
  recoveryLevel = 'Recoverable+Purgeable';
  recoverableDays: number | undefined = 90;
  /** Whether every page of a list is preceded by one without entries. */
  hasEmptyPages = false;
  /** The refusal of every request, when there is one. */
  refusal: Answer | undefined;
  readonly #secrets = new Map<string, Secret>();

  clear(): void {
    this.#secrets.clear();
    this.settleAfter = 0;
    this.recoveryLevel = 'Recoverable+Purgeable';
    this.hasEmptyPages = false;
    this.refusal = undefined;
  }

  /** A new version, as others write it. @returns its id */
  seed(name: string, { value, contentType, tags, enabled = true, exp, nbf, created = now() }: SeededVersion): string {
    const secret = this.#secrets.get(name.toLowerCase()) ?? this.#create(name);
    const id = randomBytes(16).toString('hex');
    secret.versions.push({ id, value, contentType, tags, enabled, nbf, exp, created, updated: created });
    return id;
  }

  /** What a secret's newest version holds; `undefined` without one. */
  newest(name: string): Version | undefined {
    return this.#secrets.get(name.toLowerCase())?.versions.at(-1);
  }

  answer(request: VaultRequest): Answer {
    if (this.refusal !== undefined) return this.refusal;
    const [, collection, name = '', tail = '', more] = request.pathname.split('/');
    if (more !== undefined) return refuse(404, 'NotFound', 'No such route.');
    if (collection === 'secrets') {
      if (name === '') return request.method === 'GET' ? this.#list(request, false) : notAllowed();
      return names.test(name) ? this.#live(request, name, tail) : badName();
    }
    if (collection !== 'deletedsecrets') return refuse(404, 'NotFound', 'No such route.');
    if (name === '') return request.method === 'GET' ? this.#list(request, true) : notAllowed();
    return this.#deleted(request, name, tail);
  }

  #live(request: VaultRequest, name: string, tail: string): Answer {
    const { method, base } = request;
    const secret = this.#secrets.get(name.toLowerCase());
    if (method === 'PUT' && tail === '') return this.#set(request, name, secret);
    const isLive = secret !== undefined && secret.deletedAt === undefined && this.#isSettled(secret, method, tail);
    if (method === 'GET' && tail === 'versions')
      return this.#page(request, isLive ? this.#versionsOf(secret, base) : []);
    if (!isLive) return missing(name);
    const version = tail === '' ? secret.versions.at(-1) : secret.versions.find(({ id }) => id === tail);
    if (version === undefined) return missing(`${name}/${tail}`);
    if (method === 'GET') {
      if (!version.enabled) {
        return refuse(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
      }
      return { status: 200, body: this.#bundle(secret, version, base, { hasValue: true }) };
    }
    if (method === 'PATCH') return this.#patch(request, secret, version);
    if (method === 'DELETE' && tail === '') return this.#delete(secret, base);
    return notAllowed();
  }

  #set({ body, base }: VaultRequest, name: string, secret: Secret | undefined): Answer {
    if (secret?.pending !== undefined) {
      const what = secret.pending.what === 'delete' ? 'Deleted' : 'Recovered';
      return refuse(409, 'Conflict', `Secret ${name} is currently being changed.`, `ObjectIsBeing${what}`);
    }
    if (secret?.deletedAt !== undefined) {
      const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`;
      return refuse(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
    }
    const { value, contentType, tags, attributes = {} } = JSON.parse(body);
    if (typeof value !== 'string') return refuse(400, 'BadParameter', 'Property  has invalid value');
    if (Buffer.byteLength(value) > 25_600) return refuse(400, 'BadParameter', 'Secret value is too long');
    if (Object.keys(tags ?? {}).length > 15) return refuse(400, 'BadParameter', 'Too many tags');
    this.seed(name, { value, contentType, tags, ...attributes });
    const stored = this.#secrets.get(name.toLowerCase());
    const version = stored?.versions.at(-1);
    if (stored === undefined || version === undefined) return missing(name);
    return { status: 200, body: this.#bundle(stored, version, base, { hasValue: true }) };
  }

  #patch({ body, base }: VaultRequest, secret: Secret, version: Version): Answer {
    const { contentType, tags, attributes = {} } = JSON.parse(body);
    if (contentType !== undefined) version.contentType = contentType;
    if (tags !== undefined) version.tags = tags;
    if (attributes.enabled !== undefined) version.enabled = attributes.enabled;
    if (attributes.exp !== undefined) version.exp = attributes.exp;
    if (attributes.nbf !== undefined) version.nbf = attributes.nbf;
    version.updated = now();
    return { status: 200, body: this.#bundle(secret, version, base, {}) };
  }

  #delete(secret: Secret, base: string): Answer {
    const version = secret.versions.at(-1);
    if (version === undefined) return missing(secret.name);
    if (this.recoveryLevel === 'Purgeable') {
      this.#secrets.delete(secret.name.toLowerCase());
      return { status: 200, body: this.#bundle(secret, version, base, {}) };
    }
    secret.deletedAt = now();
    if (this.settleAfter > 0) secret.pending = { what: 'delete', left: this.settleAfter };
    return { status: 200, body: this.#bundle(secret, version, base, {}) };
  }

  #deleted({ method, base }: VaultRequest, name: string, tail: string): Answer {
    const secret = this.#secrets.get(name.toLowerCase());
    const version = secret?.versions.at(-1);
    const isDeleted = secret?.deletedAt !== undefined && this.#isSettled(secret, method, tail);
    if (secret === undefined || version === undefined || !isDeleted) {
      return method === 'GET' ? refuse(404, 'SecretNotFound', `Deleted Secret not found: ${name}`) : missing(name);
    }
    if (method === 'GET' && tail === '') return { status: 200, body: this.#bundle(secret, version, base, {}) };
    if (method === 'DELETE' && tail === '') {
      if (!this.recoveryLevel.includes('Purgeable')) {
        return refuse(403, 'Forbidden', 'Operation "purge" is not allowed because purge protection is enabled.');
      }
      this.#secrets.delete(name.toLowerCase());
      return { status: 204 };
    }
    if (method !== 'POST' || tail !== 'recover') return notAllowed();
    secret.deletedAt = undefined;
    if (this.settleAfter > 0) secret.pending = { what: 'recover', left: this.settleAfter };
    return { status: 200, body: this.#bundle(secret, version, base, {}) };
  }

  /** Each look at what is under way brings it nearer to its end. */
  #isSettled(secret: Secret, method: string, tail: string): boolean {
    if (secret.pending === undefined) return true;
    if (method === 'GET' && tail === '') secret.pending.left -= 1;
    if (secret.pending.left >= 0) return false;
    secret.pending = undefined;
    return true;
  }

  #list(request: VaultRequest, deleted: boolean): Answer {
    const { base } = request;
    const shown = [...this.#secrets.values()]
      .filter(({ deletedAt, pending }) => pending === undefined && (deletedAt !== undefined) === deleted)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const items = shown.flatMap((secret) => {
      const version = secret.versions.at(-1);
      return version === undefined ? [] : [this.#bundle(secret, version, base, { hasVersion: false })];
    });
    return this.#page(request, items);
  }

  /** By their ids: within a list the real service keeps no order of time. */
  #versionsOf(secret: Secret, base: string): unknown[] {
    const sorted = [...secret.versions].sort((a, b) => (a.id < b.id ? -1 : 1));
    return sorted.map((version) => this.#bundle(secret, version, base, {}));
  }

  #page({ base, pathname, query }: VaultRequest, items: readonly unknown[]): Answer {
    const size = Number(query.get('maxresults') ?? maxPage);
    if (!(size >= 1 && size <= maxPage)) return refuse(400, 'BadParameter', 'maxresults is out of range');
    const token = query.get('$skiptoken') ?? '0';
    const isEmpty = this.hasEmptyPages && items.length > 0 && !token.endsWith('!');
    const start = Number.parseInt(token, 10);
    const end = isEmpty ? start : start + size;
    const hasMore = isEmpty || end < items.length;
    // The real service writes the port, also the usual one, and does not escape the dollar sign.
    const { hostname, port } = new URL(base);
    const link = `https://${hostname}:${port || '443'}${pathname}?api-version=${query.get('api-version')}`;
    const next = `${link}&$skiptoken=${end}${isEmpty ? '!' : ''}&maxresults=${size}`;
    return { status: 200, body: { value: items.slice(start, end), nextLink: hasMore ? next : null } };
  }

  #bundle(
    secret: Secret,
    version: Version,
    base: string,
    { hasValue = false, hasVersion = true }: { readonly hasValue?: boolean; readonly hasVersion?: boolean },
  ) {
    const { name, deletedAt, managed } = secret;
    const { id, value, contentType, tags, enabled, nbf, exp, created, updated } = version;
    const days = this.recoverableDays;
    return {
      ...(hasValue && { value }),
      ...(deletedAt !== undefined && {
        recoveryId: `${base}/deletedsecrets/${name}`,
        deletedDate: deletedAt,
        scheduledPurgeDate: deletedAt + (days ?? 90) * day,
      }),
      ...(contentType !== undefined && { contentType }),
      id: `${base}/secrets/${name}${hasVersion ? `/${id}` : ''}`,
      ...(managed && { managed }),
      attributes: {
        enabled,
        ...(nbf !== undefined && { nbf }),
        ...(exp !== undefined && { exp }),
        created,
        updated,
        recoveryLevel: this.recoveryLevel,
        ...(days !== undefined && this.recoveryLevel !== 'Purgeable' && { recoverableDays: days }),
      },
      ...(tags !== undefined && { tags }),
    };
  }

  #create(name: string): Secret {
    const secret: Secret = { name, versions: [], deletedAt: undefined, pending: undefined };
    this.#secrets.set(name.toLowerCase(), secret);
    return secret;
  }
}

function missing(name: string): Answer {
  const text =
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be ` +
    'able to recover it using the correct recovery command. For help resolving this issue, please see ' +
    'https://go.microsoft.com/fwlink/?linkid=2125182';
  return refuse(404, 'SecretNotFound', text);
}

const notAllowed = () => refuse(405, 'MethodNotAllowed', 'The method is not allowed.');
const badName = () => refuse(400, 'BadParameter', 'The request URI contains an invalid name');
const now = () => Math.floor(Date.now() / 1000);
