import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { abortable } from '../http/abortable.js';
import { HttpClient, type HttpRequest, type HttpResponse } from '../http/http-client.js';
import { sendPatiently } from '../http/send-patiently.js';
import { serverFindings } from '../http/server-findings.js';
import { textIn } from './api-object.js';
import { findCluster } from './cluster-access.js';
import type { ClusterAccess, ClusterOptions, Credentials } from './cluster-options.js';
import { credentialFindings } from './credential-findings.js';
import { notTheServer, type Refusal, readRefusal, refusalError } from './kubernetes-errors.js';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query, escaped. */
  readonly path: string;
  readonly body?: unknown;
  /** Asks for what is known of the objects without their content, so that no value is sent. */
  readonly as?: 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What it does, for messages: `reading Secret app`. */
  readonly what: string;
  readonly onData?: ((chunk: Uint8Array) => void) | undefined;
}

/** What the API server answered: an object, or why it does not serve the request. */
export type ApiAnswer =
  | { readonly object: unknown; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly error: KeywardError };

interface Connection {
  readonly access: ClusterAccess;
  readonly credentials: Credentials;
  readonly http: HttpClient;
  readonly madeAt: number;
}

const timeoutMs = 30_000;
/** The API server tells the watchers that nothing happened every minute. */
const silenceMs = 90_000;
const maxBytes = 16 * 1024 * 1024;
/** A token of a pod is replaced while it is still good for longer than this. */
const credentialsAgeMs = 60_000;
const maxRetries = 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The API server of one cluster, with the credentials as they are at the time of a request. */
export class KubernetesClient {
  readonly store: string;
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(options: ClusterOptions, clock: Clock) {
    this.store = options.store;
    this.#options = options;
    this.#clock = clock;
  }

  /** The namespace of the context or of the pod. @throws KeywardError as `findCluster` */
  async namespace(): Promise<string | undefined> {
    return (await this.#connect()).access.namespace;
  }

  /**
   * The object that the API server answers, or its refusal. Signs in anew and asks once more when the credential is not
   * known (any more).
   *
   * @throws KeywardError as `HttpClient.request` and `findCluster`, as the table for what may be served later, `invalid`
   * for an answer that is not the API server's.
   */
  async request(request: ApiRequest): Promise<ApiAnswer> {
    const { signal } = request;
    const connection = await abortable(this.store, signal, this.#connect());
    let response = await this.#exchange(connection, request);
    if (response.status === 401) {
      response = await this.#exchange(await abortable(this.store, signal, this.#connect(connection)), request);
    }
    const { status } = response;
    const object = parsed(response.body);
    if (status >= 200 && status < 300) {
      if (request.onData !== undefined || textIn(object, 'kind') !== undefined) return { object };
      throw notTheServer(this.store, status);
    }
    const refusal = readRefusal(status, object);
    const error = refusalError(refusal, status, this.store, request.what);
    if (refusal === undefined || status >= 500 || status === 429) throw error;
    return { refusal, error };
  }

  /** What is to be said about the server. @throws KeywardError as `request` */
  async examine(signal: AbortSignal | undefined): Promise<readonly Finding[]> {
    const { access, credentials } = await this.#connect();
    const { address } = access;
    return [
      ...credentialFindings(credentials.headers['authorization'], this.store),
      ...(await serverFindings({ store: this.store, address, tls: credentials.tls, clock: this.#clock, signal })),
    ];
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.http.close();
  }

  async #exchange({ http, credentials }: Connection, request: ApiRequest): Promise<HttpResponse> {
    const { method, path, body, signal, as, onData } = request;
    const sent: HttpRequest = {
      method,
      path,
      headers: {
        ...credentials.headers,
        accept: as === undefined ? 'application/json' : `application/json;as=${as};g=meta.k8s.io;v=v1`,
        ...(body !== undefined && {
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      body: body === undefined ? undefined : encoder.encode(JSON.stringify(body)),
      signal,
      timeoutMs: onData === undefined ? timeoutMs : silenceMs,
      maxBytes: onData === undefined ? maxBytes : Number.POSITIVE_INFINITY,
      onData,
    };
    const { store } = this;
    return sendPatiently(() => http.request(sent), { store, statuses: [429], maxRetries, clock: this.#clock, signal });
  }

  /** @param refused Whose credential the server does not know: everything is read and asked anew then. */
  #connect(refused?: Connection): Promise<Connection> {
    const present = this.#connection;
    const isFresh = present !== undefined && this.#clock.monotonic() - present.madeAt < credentialsAgeMs;
    if (isFresh && present !== refused) return Promise.resolve(present);
    this.#connecting ??= this.#make(present, present !== refused).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #make(former: Connection | undefined, isKnown: boolean): Promise<Connection> {
    const access = isKnown && former !== undefined ? former.access : await findCluster(this.#options);
    const credentials = await access.credentials();
    if (!Object.values(credentials.headers).every((text) => /^[ -~]*$/.test(text))) {
      throw new KeywardError(
        'unauthenticated',
        `${this.store}: the token holds what no token does, such as a line end`,
        {
          store: this.store,
          advice: 'Look at where the kubeconfig or the pod takes it from.',
        },
      );
    }
    const isSame =
      former?.access.address.origin === access.address.origin &&
      JSON.stringify(former.credentials.tls) === JSON.stringify(credentials.tls);
    if (!isSame) former?.http.close();
    const http = isSame
      ? former.http
      : new HttpClient({
          store: this.store,
          address: access.address,
          tls: access.address.isTls ? credentials.tls : undefined,
          caSetting: 'certificate-authority in the kubeconfig',
          maxRedirects: 0,
          clock: this.#clock,
        });
    this.#connection = { access, credentials, http, madeAt: this.#clock.monotonic() };
    if (this.#isClosed) http.close();
    return this.#connection;
  }
}

/** The JSON of a body; `undefined` when it is none. What the parser would say quotes the body. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}
