import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { refuseAborted } from '../../core/provider-gate.js';
import { connectionFailure } from './http-failure.js';
import type { ServerAddress } from './origin.js';

/** Whom to trust and what to show; all as PEM. */
export interface TlsMaterial {
  /** The only authorities to trust; those of Node when absent. */
  readonly ca?: readonly string[] | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the certificate must have, where it is not the one of the address. */
  readonly serverName?: string | undefined;
}

export interface HttpClientOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly address: ServerAddress;
  readonly tls?: TlsMaterial | undefined;
  /** The setting that names certificates to trust, for messages. */
  readonly caSetting: string;
  /** Where to connect to, in place of what the name stands for; the certificate has to be that of the name. */
  readonly addresses?: readonly string[] | undefined;
  /** How many redirects within the origin are followed; 2 when absent. */
  readonly maxRedirects?: number | undefined;
  readonly clock: Clock;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, below the base path of the address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether it may reach the server twice without harm; as a question (`GET`) does when absent. */
  readonly isRepeatable?: boolean | undefined;
  /** For the whole exchange, redirects included; with `onData`, until something comes, and then until more does. */
  readonly timeoutMs: number;
  /** Longer answers are refused. */
  readonly maxBytes: number;
  /** Gets the answer as it comes, which does not keep the process running then; the body of the answer is empty. */
  readonly onData?: ((chunk: Uint8Array) => void) | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** By name in lower case; of a repeated header, the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

interface Sender {
  readonly send: (options: RequestOptions) => ClientRequest;
  /** Holds the connections that are kept. */
  readonly agent: Agent;
}

interface Sending {
  readonly request: HttpRequest;
  readonly path: string;
  readonly stop: Stop;
}

/** Ends what runs. Node's way, a signal for the request, would make an exchange a third dearer. */
class Stop {
  isDone = false;
  #end = () => {};

  /** @param end What there is to do then, from now on. */
  onDone(end: () => void): void {
    this.#end = end;
    if (this.isDone) end();
  }

  now(): void {
    this.isDone = true;
    this.#end();
  }
}

/**
 * One server, spoken to over HTTP/1.1 with connections that are kept, none of which keeps the process running. TLS
 * is always verified, proxies of the environment are not used, and nothing is sent to another origin, whatever the
 * server answers.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  #sender: Promise<Sender> | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /**
   * The answer, whatever its status, except that redirects within the origin are followed: those of a change only
   * where the method stays.
   *
   * @throws KeywardError `unavailable` when it cannot be reached or breaks off, `timeout`, `integrity` for a failed TLS
   * check, `invalid` for a redirect elsewhere, an answer that is too large or no HTTP, `config` when TLS verification
   * is switched off; as `refuseAborted` when the caller gives up.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { store, address, clock } = this.#options;
    assertVerification(store, this.#options.caSetting);
    refuseAborted(store, request.signal);
    const stop = new Stop();
    const giveUp = () => stop.now();
    const arm = () => clock.after(request.timeoutMs, giveUp, { background: request.onData !== undefined });
    let timer = arm();
    const onData = (chunk: Uint8Array) => {
      timer.cancel();
      timer = arm();
      request.onData?.(chunk);
    };
    request.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const sent = request.onData === undefined ? request : { ...request, onData };
      return await this.#follow({ request: sent, path: address.basePath + request.path, stop });
    } catch (error) {
      refuseAborted(store, request.signal);
      if (!stop.isDone) throw error;
      throw new KeywardError('timeout', `${store}: ${address.origin} did not answer within ${request.timeoutMs} ms`, {
        store,
      });
    } finally {
      timer.cancel();
      request.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Lets go of the connections that are kept. */
  close(): void {
    void this.#sender?.then(({ agent }) => agent.destroy());
    this.#sender = undefined;
  }

  async #follow(sending: Sending): Promise<HttpResponse> {
    const { maxRedirects = 2 } = this.#options;
    let { path } = sending;
    for (let followed = 0; ; followed += 1) {
      const response = await this.#sendSafely({ ...sending, path });
      const next = this.#redirectOf(response, sending.request.method, path);
      if (next === undefined) return response;
      if (followed >= maxRedirects) throw this.#refuse('redirects more often than is followed');
      path = next;
    }
  }

  /** A kept connection may have been closed by the server meanwhile; asking once more over a new one does no harm. */
  async #sendSafely(sending: Sending): Promise<HttpResponse> {
    try {
      const { method, onData, isRepeatable = method === 'GET' && onData === undefined } = sending.request;
      return await this.#send(sending, isRepeatable);
    } catch (error) {
      if (error instanceof ConnectionGone) return this.#send(sending, false);
      throw error;
    }
  }

  /** Changes go over connections of their own: after a failure on a kept one nobody knows whether they happened. */
  async #send({ request, path, stop }: Sending, mayUseKept: boolean): Promise<HttpResponse> {
    const { address, addresses, tls } = this.#options;
    const { send, agent } = await this.#connect();
    const options: RequestOptions & { ca?: string[]; cert?: string; key?: string; servername?: string } = {
      method: request.method,
      hostname: address.hostname,
      path,
      headers: { ...request.headers, ...(request.body && { 'content-length': request.body.length }) },
      agent: mayUseKept && agent,
      ...(addresses !== undefined && {
        lookup: (_name, options, answer) => answerWith(addresses, options.all, answer),
      }),
      ...(address.port !== undefined && { port: address.port }),
      ...(address.socketPath !== undefined && { socketPath: address.socketPath }),
      ...(address.isTls && { rejectUnauthorized: true, minVersion: 'TLSv1.2' }),
      ...(tls?.ca && { ca: [...tls.ca] }),
      ...(tls?.certificate !== undefined && { cert: tls.certificate }),
      ...(tls?.key !== undefined && { key: tls.key }),
      ...(tls?.serverName !== undefined && { servername: tls.serverName }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = send(options);
      stop.onDone(() => {
        // One that still waits for a connection would not say that it was ended.
        reject(new Error('stopped'));
        outgoing.destroy();
      });
      outgoing.once('error', (error) => reject(this.#failureOf(error, outgoing, mayUseKept)));
      if (request.onData !== undefined) outgoing.once('socket', (socket) => socket.unref());
      outgoing.once('response', (incoming) => this.#receive(incoming, request).then(resolve, reject));
      outgoing.end(request.body);
    });
  }

  #failureOf(error: Error, outgoing: ClientRequest, mayUseKept: boolean): Error {
    const failure = connectionFailure(error, { ...this.#options, origin: this.#options.address.origin });
    const isGone = mayUseKept && outgoing.reusedSocket && failure.code === 'unavailable';
    return isGone ? new ConnectionGone() : failure;
  }

  #receive(incoming: IncomingMessage, { maxBytes, onData }: HttpRequest): Promise<HttpResponse> {
    const { store, address } = this.#options;
    const chunks: Uint8Array[] = [];
    let total = 0;
    const take = (chunk: unknown): void => {
      if (!(chunk instanceof Uint8Array)) throw this.#refuse('answers with text where bytes are expected');
      total += chunk.length;
      if (total > maxBytes) throw this.#refuse(`answers with more than ${maxBytes} bytes`);
      if (onData === undefined) chunks.push(chunk);
      else onData(chunk);
    };
    // Listeners, since an iterator over the stream takes longer than all else here.
    return new Promise((resolve, reject) => {
      const fail = (error?: unknown) => {
        incoming.destroy();
        const brokeOff = () =>
          new KeywardError('unavailable', `${store}: the answer of ${address.origin} broke off`, { store });
        reject(error instanceof KeywardError ? error : brokeOff());
      };
      incoming.on('error', fail).once('close', fail);
      incoming.on('data', (chunk: unknown) => {
        try {
          take(chunk);
        } catch (error) {
          fail(error);
        }
      });
      incoming.once('end', () => {
        const headers = new Map<string, string>();
        for (const [name, value] of Object.entries(incoming.headersDistinct)) headers.set(name, value?.[0] ?? '');
        if (headers.has('content-encoding')) fail(this.#refuse('compresses its answer, which was not asked for'));
        else resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
      });
    });
  }

  /** The path to go on with; `undefined` for an answer that is no redirect. */
  #redirectOf({ status, headers }: HttpResponse, method: HttpRequest['method'], path: string): string | undefined {
    if (status < 300 || status > 399 || status === 304) return undefined;
    const { address } = this.#options;
    const location = headers.get('location');
    const from = `${address.origin}${path}`;
    if (location === undefined || !URL.canParse(location, from)) throw this.#refuse('redirects to nowhere');
    const target = new URL(location, from);
    if (target.origin !== address.origin) throw this.#refuse('redirects to another server, which was sent nothing');
    const keepsMethod = status === 307 || status === 308 || (method === 'GET' && status !== 300);
    if (!keepsMethod) throw this.#refuse('redirects a change in a way that would alter it');
    return `${target.pathname}${target.search}`;
  }

  #refuse(problem: string): KeywardError {
    const { store, address } = this.#options;
    return new KeywardError('invalid', `${store}: ${address.origin} ${problem}`, {
      store,
      advice: 'Check that the address names the store itself, and not a proxy or a sign-in page before it.',
    });
  }

  #connect(): Promise<Sender> {
    const options = { keepAlive: true, maxSockets };
    this.#sender ??= this.#options.address.isTls
      ? import('node:https').then(({ request, Agent }) => ({ send: request, agent: new Agent(options) }))
      : import('node:http').then(({ request, Agent }) => ({ send: request, agent: new Agent(options) }));
    return this.#sender;
  }
}

function answerWith(
  addresses: readonly string[],
  all: boolean | undefined,
  answer: Parameters<LookupFunction>[2],
): void {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first] = found;
  if (all === true || first === undefined) answer(null, found);
  else answer(null, first.address, first.family);
}

/** More questions at once wait for each other. */
const maxSockets = 32;

class ConnectionGone extends Error {}

/** Every connection asks for verification; who switched it off for others must not think that it was heard. */
function assertVerification(store: string, caSetting: string): void {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new KeywardError('config', 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the verification of servers off', {
    store,
    advice: `Unset it. To trust an authority of your own, name its certificate with ${caSetting}.`,
  });
}
