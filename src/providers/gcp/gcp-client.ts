import { readFile } from 'node:fs/promises';
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { abortable } from '../../clients/http/abortable.js';
import { HttpClient, type HttpRequest, type TlsMaterial } from '../../clients/http/http-client.js';
import type { ServerAddress } from '../../clients/http/origin.js';
import { serverFindings } from '../../clients/http/server-findings.js';
import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { importOptional } from '../../core/import-optional.js';
import type { Diagnosis } from '../../core/provider.js';
import { refuseAborted } from '../../core/provider-gate.js';
import { keyFindings } from './access-findings.js';
import { httpRefusal, sdkFailure, signInFailure } from './gcp-errors.js';
import type { GcpCalls, GcpMethod } from './gcp-messages.js';

export interface GcpClientOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly address: ServerAddress;
  /** The domain of the credentials; that of the public cloud when absent. */
  readonly universe: string | undefined;
  /** The file of the authorities to trust, which gRPC takes from the environment; those of Node when absent. */
  readonly roots: string | undefined;
  /** HTTP and JSON instead of gRPC. */
  readonly isRest: boolean;
}

const timeoutMs = 60_000;
const maxBytes = 16 * 1024 * 1024;
/** One of these stands in every answer that is not empty. */
const knownFields = new Set(['name', 'secrets', 'versions', 'nextPageToken', 'totalSize', 'permissions']);

/**
 * The official client with what it leaves open closed: no retries, no logging, no redirects, no proxies, no answers without
 * an end. Over HTTP it speaks through our own client, with its credentials; a server on this machine gets none.
 */
export class GcpClient {
  readonly #options: GcpClientOptions;
  readonly #sdk: SecretManagerServiceClient;
  readonly #tls: TlsMaterial;
  readonly #http: HttpClient;
  #start: Promise<void> | undefined;
  #proving: Promise<void> | undefined;

  private constructor(options: GcpClientOptions, sdk: SecretManagerServiceClient, tls: TlsMaterial) {
    const { store, address } = options;
    this.#options = options;
    this.#sdk = sdk;
    this.#tls = tls;
    this.#http = new HttpClient({
      store,
      address,
      tls,
      caSetting: 'NODE_EXTRA_CA_CERTS',
      maxRedirects: 0,
      clock: systemClock,
    });
    if (!options.isRest) return;
    Object.assign(sdk.auth, { fetch: (url: string, request: SdkRequest) => this.#fetch(url, request) });
    if (!address.isTls) Object.assign(sdk.auth, { getClient: async () => anonymous });
  }

  /** Sends nothing. @throws KeywardError `config` without the package. */
  static async open(options: GcpClientOptions): Promise<GcpClient> {
    const { address, universe, isRest, roots } = options;
    const { SecretManagerServiceClient: Client } = await importOptional(
      '@google-cloud/secret-manager',
      `the provider ${options.store}`,
      () => import('@google-cloud/secret-manager'),
    );
    const sdk = new Client({
      servicePath: new URL(address.origin).hostname,
      port: address.port ?? 443,
      fallback: isRest,
      ...(universe !== undefined && { universeDomain: universe }),
      'grpc.max_receive_message_length': maxBytes,
      'grpc.enable_retries': 0,
      'grpc.enable_http_proxy': 0,
    });
    if (roots === undefined) return new GcpClient(options, sdk, {});
    const ca = await readFile(roots, 'utf8').catch(() => {
      const problem = `${options.store}: the file in GRPC_DEFAULT_SSL_ROOTS_FILE_PATH cannot be read`;
      throw new KeywardError('config', problem, { store: options.store });
    });
    return new GcpClient(options, sdk, { ca: [ca] });
  }

  /** The project of the credentials. @throws KeywardError `config` when they name none. */
  async project(signal: AbortSignal | undefined): Promise<string> {
    const { store } = this.#options;
    return abortable(store, signal, this.#sdk.auth.getProjectId()).catch((error: unknown) => {
      refuseAborted(store, signal);
      if (error instanceof KeywardError) throw error;
      throw new KeywardError('config', `${store}: nothing says which project to ask`, {
        store,
        advice: 'Set GOOGLE_CLOUD_PROJECT, or project: in keyward.yaml.',
      });
    });
  }

  /**
   * One call of the service, sent once.
   *
   * @throws KeywardError as `gcpErrors` says; `integrity` for a server that is not proven to be the right one.
   */
  async call<Method extends GcpMethod>(
    method: Method,
    request: GcpCalls[Method]['request'],
    signal: AbortSignal | undefined,
  ): Promise<GcpCalls[Method]['answer']> {
    const { store } = this.#options;
    await abortable(store, signal, this.#ready());
    refuseAborted(store, signal);
    // The method of the same name would log the answer where GOOGLE_SDK_NODE_LOGGING says so, and cannot be cancelled.
    const ongoing = this.#sdk.innerApiCalls[method]?.(request, {
      timeout: timeoutMs,
      retry: null,
      autoPaginate: false,
      otherArgs: { headers: { 'x-goog-request-params': routeOf(request) } },
    });
    const giveUp = () => ongoing.cancel();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const [answer, , page] = await ongoing;
      return page ?? answer;
    } catch (error) {
      refuseAborted(store, signal);
      const failure = sdkFailure(error, { store, method, isChange: !/^(?:access|get|list|test)/.test(method) });
      if (!this.#options.isRest) await abortable(store, signal, this.#explain(failure));
      throw failure;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Who asks, as far as the credentials say, and what is to be said of them and of the server. */
  async diagnose(signal: AbortSignal | undefined): Promise<Diagnosis> {
    const { store, address } = this.#options;
    const findings = await serverFindings({ store, address, tls: this.#tls, clock: systemClock, signal });
    // A server on this machine gets no credentials.
    if (!address.isTls) return { findings };
    const { auth } = this.#sdk;
    const credentials = auth.getCredentials().catch(() => undefined);
    const identity = (await abortable(store, signal, credentials))?.client_email;
    return { identity, findings: [...findings, ...keyFindings(auth.jsonContent, store)] };
  }

  close(): void {
    this.#http.close();
    this.#sdk.close().catch(() => undefined);
  }

  #ready(): Promise<void> {
    this.#start ??= this.#begin().catch((error: unknown) => {
      this.#start = undefined;
      throw error;
    });
    return this.#start;
  }

  async #begin(): Promise<void> {
    const { store } = this.#options;
    // The package would keep the failure of a sign-in for ever.
    await this.#authorization();
    await this.#sdk.initialize().catch(() => {
      throw new KeywardError('config', `${store}: the environment does not fit the credentials`, {
        store,
        advice: 'See GOOGLE_API_USE_CLIENT_CERTIFICATE and GOOGLE_CLOUD_UNIVERSE_DOMAIN, where you set them.',
      });
    });
  }

  async #authorization(): Promise<Headers> {
    const { store, address } = this.#options;
    if (!address.isTls) return new Headers();
    try {
      const credential = await this.#sdk.auth.getClient();
      return await credential.getRequestHeaders(address.origin);
    } catch (error) {
      throw signInFailure(error, store);
    }
  }

  /** gRPC says of a failed sign-in or proof only that there is no connection. @throws that failure */
  async #explain({ code }: KeywardError): Promise<void> {
    if (code !== 'unavailable' && code !== 'unauthenticated') return;
    await this.#authorization();
    if (code === 'unavailable') await this.#assertProven();
  }

  /** Over HTTP a failed proof is told from an outage; once for all who ask. */
  #assertProven(): Promise<void> {
    const probe = () => this.#http.request({ method: 'GET', path: '/', timeoutMs: 5_000, maxBytes });
    this.#proving ??= probe()
      .then(
        () => undefined,
        (error: unknown) => {
          if (isKeywardError(error, 'integrity')) throw error;
        },
      )
      .finally(() => {
        this.#proving = undefined;
      });
    return this.#proving;
  }

  async #fetch(url: string, sent: SdkRequest): Promise<SdkAnswer> {
    const { pathname, search } = new URL(url);
    const { method, body, signal } = sent;
    const headers = Object.fromEntries([...sent.headers, ...(await this.#authorization())]);
    const request: HttpRequest = {
      method,
      path: pathname + search,
      headers,
      body: body === undefined ? undefined : Buffer.from(body),
      signal,
      timeoutMs,
      maxBytes,
    };
    let answer = await this.#http.request(request);
    if (answer.status === 429 && answer.headers.get('retry-after') === '0') answer = await this.#http.request(request);
    const call = { store: this.#options.store, method, isChange: method !== 'GET' };
    if (answer.status < 200 || answer.status > 299) throw httpRefusal(answer.status, answer.body, call);
    const names = Object.keys(JSON.parse(new TextDecoder().decode(answer.body)));
    if (names.length > 0 && !names.some((name) => knownFields.has(name))) throw sdkFailure(undefined, call);
    return { ok: true, status: answer.status, arrayBuffer: async () => answer.body };
  }
}

/** What the package hands to its own HTTP client, and takes from it. */
interface SdkRequest {
  readonly method: HttpRequest['method'];
  readonly headers: Headers;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}
interface SdkAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly arrayBuffer: () => Promise<Uint8Array>;
}

const anonymous = {};

/** The header by which the service's front finds the right place; it repeats a name of the request. */
function routeOf(request: GcpCalls[GcpMethod]['request']): string {
  const [key, value] =
    'name' in request
      ? ['name', request.name]
      : 'resource' in request
        ? ['resource', request.resource]
        : 'updateMask' in request
          ? ['secret.name', request.secret.name]
          : ['parent', request.parent];
  return `${key}=${encodeURIComponent(value)}`;
}
