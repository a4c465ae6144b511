import { abortable } from '../../clients/http/abortable.js';
import {
  type KubernetesSecret,
  memberOf,
  type ObjectMeta,
  readMeta,
  readSecret,
  textIn,
} from '../../clients/kubernetes/api-object.js';
import type { ApiRequest, KubernetesClient } from '../../clients/kubernetes/kubernetes-client.js';
import { granted, listItems, malformed } from '../../clients/kubernetes/list-items.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import { type AccessRule, readRules } from './access-findings.js';

/** What changes of a Secret; `null` takes a member away. */
export interface SecretChange {
  readonly data?: ReadonlyMap<string, Uint8Array | null> | undefined;
  readonly annotations?: ReadonlyMap<string, string | null> | undefined;
}

type Signal = AbortSignal | undefined;

const watchSeconds = 300;
const maxEventLength = 4 * 1024 * 1024;
/** Of the cluster's own making, and of the releases of Helm; none of them is anybody's secret to read by path. */
const listable = ['kubernetes.io/service-account-token', 'helm.sh/release.v1'].map((type) => `type!=${type}`).join(',');

/** The Secrets of one namespace. Each method throws as `KubernetesClient.request`, and for a refusal of the server. */
export class SecretsApi {
  readonly #client: KubernetesClient;
  readonly #stated: string | undefined;
  #isThere: Promise<void> | undefined;

  /** @param namespace That of the context or of the pod when absent. */
  constructor(client: KubernetesClient, namespace: string | undefined) {
    this.#client = client;
    this.#stated = namespace;
  }

  /** `undefined` when there is none of this name, in a namespace that there is. */
  async read(name: string, signal: Signal): Promise<KubernetesSecret | undefined> {
    const answer = await this.#get(name, {}, signal);
    if (answer === undefined) return undefined;
    const secret = readSecret(answer);
    if (secret?.name !== name) throw malformed(this.#client.store, name);
    return secret;
  }

  /** As `read`, without the values. */
  async describe(name: string, signal: Signal): Promise<ObjectMeta | undefined> {
    const answer = await this.#get(name, { as: 'PartialObjectMetadata' }, signal);
    if (answer === undefined) return undefined;
    const meta = readMeta(answer);
    if (meta?.name !== name) throw malformed(this.#client.store, name);
    return meta;
  }

  /** Every Secret that may be somebody's, without the values. */
  async list(signal: Signal): Promise<readonly ObjectMeta[]> {
    const items = await listItems(this.#client, await this.#listing(signal), selecting(listable));
    return items.map((item) => {
      const meta = readMeta(item);
      if (meta === undefined) throw malformed(this.#client.store, 'a list');
      return meta;
    });
  }

  /** The present state of the Secrets, to watch from. @param name as for `watch` */
  async version(name: string | undefined, signal: Signal): Promise<string> {
    const { path, ...listing } = await this.#listing(signal);
    const query = `${selecting(selectorOf(name))}&limit=1`;
    const list = granted(await this.#client.request({ ...listing, method: 'GET', path: `${path}?${query}` }));
    const version = textIn(memberOf(list, 'metadata'), 'resourceVersion');
    if (version === undefined) throw malformed(this.#client.store, 'a list');
    return version;
  }

  /** @throws KeywardError `conflict` when there is one already. */
  async create(name: string, change: SecretChange, signal: Signal): Promise<ObjectMeta> {
    const { annotations, data } = bodyOf(change);
    return this.#written(name, {
      method: 'POST',
      path: await this.#path(),
      body: { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, annotations }, data },
      signal,
      what: `creating Secret ${name}`,
    });
  }

  /** @throws KeywardError `conflict` when it is not in this version any more. */
  async patch(name: string, version: string, change: SecretChange, signal: Signal): Promise<ObjectMeta> {
    const { annotations, data } = bodyOf(change);
    return this.#written(name, {
      method: 'PATCH',
      path: await this.#path(name),
      body: { metadata: { resourceVersion: version, annotations }, data },
      signal,
      what: `changing Secret ${name}`,
    });
  }

  /** @throws KeywardError `conflict` when it is not in this version any more. */
  async remove(name: string, version: string, signal: Signal): Promise<void> {
    const answer = await this.#client.request({
      method: 'DELETE',
      path: await this.#path(name),
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion: version } },
      signal,
      what: `deleting Secret ${name}`,
    });
    granted(answer);
  }

  /** What the API server lets us do in the namespace. Everybody who signed in may ask. */
  async rules(signal: Signal): Promise<readonly AccessRule[]> {
    const review = await this.#ask(
      'authorization',
      'SelfSubjectRulesReview',
      { namespace: await this.namespace() },
      signal,
    );
    const rules = readRules(review);
    if (rules === undefined) throw malformed(this.#client.store, 'a review');
    return rules;
  }

  /** Who the API server takes us for; `undefined` where it does not say (before 1.28). */
  async identity(signal: Signal): Promise<string | undefined> {
    try {
      const review = await this.#ask('authentication', 'SelfSubjectReview', undefined, signal);
      return textIn(memberOf(memberOf(review, 'status'), 'userInfo'), 'username');
    } catch (error) {
      if (isKeywardError(error, 'not_found', 'denied')) return undefined;
      throw error;
    }
  }

  /**
   * Hands over what happens to the Secrets after the state, until the API server ends it. The values are not sent.
   *
   * @param name Only this Secret; all when absent.
   */
  async watch(
    version: string,
    name: string | undefined,
    onEvent: (type: string, meta: ObjectMeta | undefined) => void,
    signal: Signal,
  ): Promise<void> {
    const query = `?watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&${selecting(selectorOf(name))}`;
    const decoder = new TextDecoder();
    let rest = '';
    await this.#client.request({
      method: 'GET',
      path: `${await this.#path()}${query}&resourceVersion=${encodeURIComponent(version)}`,
      as: 'PartialObjectMetadata',
      signal,
      what: 'watching Secrets',
      onData: (chunk) => {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > maxEventLength) throw malformed(this.#client.store, 'an event');
        for (const line of lines) {
          const event: unknown = JSON.parse(line);
          onEvent(textIn(event, 'type') ?? '', readMeta(memberOf(event, 'object')));
        }
      },
    });
  }

  async #ask(group: string, kind: string, spec: object | undefined, signal: Signal): Promise<unknown> {
    const apiVersion = `${group}.k8s.io/v1`;
    const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
    const body = { apiVersion, kind, spec };
    return granted(await this.#client.request({ method: 'POST', path, body, signal, what: `asking for a ${kind}` }));
  }

  async #listing(signal: Signal) {
    return { path: await this.#path(), as: 'PartialObjectMetadataList', signal, what: 'listing Secrets' } as const;
  }

  /** The object; `undefined` when the server says that it is not there, in a namespace that is. */
  async #get(name: string, how: Pick<ApiRequest, 'as'>, signal: Signal): Promise<unknown> {
    const path = await this.#path(name);
    const answer = await this.#client.request({ method: 'GET', path, ...how, signal, what: `reading Secret ${name}` });
    const { refusal } = answer;
    if (refusal?.reason !== 'NotFound' || refusal.kind !== 'secrets' || refusal.name !== name) return granted(answer);
    await this.#assertNamespace(signal);
    return undefined;
  }

  async #written(name: string, request: ApiRequest): Promise<ObjectMeta> {
    const answer = await this.#client.request({ ...request, as: 'PartialObjectMetadata' });
    if (answer.refusal?.kind === 'namespaces') throw await this.#noNamespace();
    const meta = readMeta(granted(answer));
    if (meta?.name !== name) throw malformed(this.#client.store, name);
    return meta;
  }

  /** Of a namespace that is not there, the server says that each Secret is not. Who may not ask has rights in it. */
  #assertNamespace(signal: Signal): Promise<void> {
    this.#isThere ??= this.#lookForNamespace().catch((error: unknown) => {
      this.#isThere = undefined;
      throw error;
    });
    return abortable(this.#client.store, signal, this.#isThere);
  }

  async #lookForNamespace(): Promise<void> {
    const path = `/api/v1/namespaces/${await this.namespace()}`;
    const answer = await this.#client.request({ method: 'GET', path, what: 'looking for the namespace' });
    if (answer.refusal?.reason === 'NotFound') throw await this.#noNamespace();
    if (answer.refusal?.reason !== 'Forbidden') granted(answer);
  }

  async #noNamespace(): Promise<KeywardError> {
    const { store } = this.#client;
    return new KeywardError('config', `${store}: the cluster has no namespace ${await this.namespace()}`, {
      store,
      advice: 'Correct namespace:. See: kubectl get namespaces',
    });
  }

  async #path(name?: string): Promise<string> {
    const secrets = `/api/v1/namespaces/${await this.namespace()}/secrets`;
    return name === undefined ? secrets : `${secrets}/${name}`;
  }

  /** @throws KeywardError `config` for what is no name of one */
  async namespace(): Promise<string> {
    const namespace = this.#stated ?? (await this.#client.namespace()) ?? 'default';
    if (/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return namespace;
    throw new KeywardError('config', `${this.#client.store}: ${quoted(namespace)} is no namespace`);
  }
}

function selectorOf(name: string | undefined): string {
  return name === undefined ? listable : `metadata.name=${name}`;
}

function selecting(selector: string): string {
  return `fieldSelector=${encodeURIComponent(selector)}`;
}

function bodyOf({ data, annotations }: SecretChange) {
  return {
    annotations: annotations && Object.fromEntries(annotations),
    data:
      data &&
      Object.fromEntries(
        [...data].map(([key, bytes]) => [key, bytes === null ? null : Buffer.from(bytes).toString('base64')]),
      ),
  };
}
