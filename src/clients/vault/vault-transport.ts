import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { HttpClient, type HttpRequest, type HttpResponse } from '../http/http-client.js';
import { sendPatiently } from '../http/send-patiently.js';
import { serverFindings } from '../http/server-findings.js';
import { readTlsFiles } from './tls-files.js';
import { readMembers, type VaultAnswer } from './vault-answer.js';
import { outageOf } from './vault-failure.js';
import type { VaultSettings } from './vault-settings.js';

export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/v1/`, with its query: `secret/data/app`. Each segment is escaped already. */
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const maxBytes = 32 * 1024 * 1024;
const encoder = new TextEncoder();

/** Requests to one server, with what its statuses mean where no credential is concerned. */
export class VaultTransport {
  readonly settings: VaultSettings;
  readonly store: string;
  readonly #clock: Clock;
  #http: Promise<HttpClient> | undefined;

  constructor(settings: VaultSettings, store: string, clock: Clock) {
    this.settings = settings;
    this.store = store;
    this.#clock = clock;
  }

  /**
   * The answer of the server. Repeats what the server asks to be repeated (412, 429) as often as the settings say.
   *
   * @throws KeywardError as `HttpClient.request`, `unavailable` and `throttled` for a server that cannot answer now,
   * `invalid` for an answer that is not Vault's, such as a page of a proxy.
   */
  async send(request: VaultRequest, token?: string): Promise<VaultAnswer> {
    const { store, settings } = this;
    const response = await sendPatiently(() => this.#exchange(request, token), {
      store,
      statuses: [412, 429],
      maxRetries: settings.maxRetries,
      clock: this.#clock,
      signal: request.signal,
    });
    const outage = outageOf(response.status, store);
    if (outage !== undefined) throw outage;
    return this.#answerOf(response);
  }

  /** The status of the health endpoint, asked without a token; its meaning differs from that of other paths. */
  async health(signal: AbortSignal | undefined): Promise<number> {
    const response = await this.#exchange({ method: 'GET', path: 'sys/health?standbyok=true', signal }, undefined);
    if (readMembers(response.body)?.has('sealed') !== true) throw this.#notVault();
    return response.status;
  }

  /** What is to be said about the server itself. */
  async examine(signal: AbortSignal | undefined): Promise<readonly Finding[]> {
    const { address } = this.settings;
    const tls = address.isTls ? await readTlsFiles(this.settings) : undefined;
    return serverFindings({ store: this.store, address, tls, clock: this.#clock, signal });
  }

  close(): void {
    void this.#http?.then((http) => http.close()).catch(() => undefined);
  }

  async #exchange(request: VaultRequest, token: string | undefined): Promise<HttpResponse> {
    const { namespace, timeoutMs } = this.settings;
    const http = await this.#connect();
    const sent: HttpRequest = {
      method: request.method,
      path: `/v1/${request.path}`,
      headers: {
        accept: 'application/json',
        'x-vault-request': 'true',
        ...(token !== undefined && { 'x-vault-token': token }),
        ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
        ...(request.body !== undefined && {
          'content-type': request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      body: request.body === undefined ? undefined : encoder.encode(request.body),
      signal: request.signal,
      timeoutMs,
      maxBytes,
    };
    return http.request(sent);
  }

  #connect(): Promise<HttpClient> {
    this.#http ??= this.#open().catch((error: unknown) => {
      this.#http = undefined;
      throw error;
    });
    return this.#http;
  }

  async #open(): Promise<HttpClient> {
    const { address, followRedirects } = this.settings;
    return new HttpClient({
      store: this.store,
      address,
      tls: address.isTls ? await readTlsFiles(this.settings) : undefined,
      caSetting: 'VAULT_CACERT, or ca: in keyward.yaml',
      maxRedirects: followRedirects ? 2 : 0,
      clock: this.#clock,
    });
  }

  #answerOf({ status, body }: HttpResponse): VaultAnswer {
    const members = readMembers(body);
    if (members === undefined || (members.size === 0 && status !== 204)) throw this.#notVault();
    if (members.size > 0 && !members.has('errors') && !members.has('request_id')) throw this.#notVault();
    return { status, members };
  }

  #notVault(): KeywardError {
    const { store, settings } = this;
    return new KeywardError('invalid', `${store}: what answers at ${settings.address.origin} is not Vault`, {
      store,
      advice: 'Check the address; a proxy or a sign-in page may stand before the server.',
    });
  }
}
