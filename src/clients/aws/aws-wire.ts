import type { Clock } from '../../core/clock.js';
import { isKeywardError, type KeywardError } from '../../core/errors.js';
import { HttpClient } from '../http/http-client.js';
import { parseServerAddress } from '../http/origin.js';

/** A request as the SDK hands it on, signed. */
export interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const timeoutMs = 60_000;
const maxBytes = 16 * 1024 * 1024;
const encoder = new TextEncoder();

/** A failed exchange. The SDK writes on errors that pass through it, so ours is carried inside. */
export class WireFailure extends Error {
  readonly failure: KeywardError;

  constructor(failure: KeywardError) {
    super('the exchange failed');
    this.failure = failure;
  }
}

/** What the SDK sends its requests by: our HTTP client, with all that it refuses. Also for the SDK's ways to sign in. */
export function createAwsWire(store: string, clock: Clock) {
  const clients = new Map<string, HttpClient>();
  const clientFor = (origin: string): HttpClient => {
    const known = clients.get(origin);
    if (known !== undefined) return known;
    const address = parseServerAddress(origin, 'endpoint');
    const caSetting = 'NODE_EXTRA_CA_CERTS';
    const made = new HttpClient({ store, address, caSetting, maxRedirects: 0, clock });
    clients.set(origin, made);
    return made;
  };
  return {
    async handle(request: SignedRequest, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
      const { protocol, hostname, port, query = {}, headers, body } = request;
      const asked = new URLSearchParams(query).toString();
      try {
        const client = clientFor(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
        const response = await client.request({
          method: request.method === 'GET' ? 'GET' : 'POST',
          path: `${request.path}${asked === '' ? '' : `?${asked}`}`,
          headers,
          body: typeof body === 'string' ? encoder.encode(body) : body instanceof Uint8Array ? body : undefined,
          signal: abortSignal,
          isRepeatable: /\.(?:Get|BatchGet|Describe|List)/.test(headers['x-amz-target'] ?? ''),
          timeoutMs,
          maxBytes,
        });
        const { status: statusCode, body: answered } = response;
        return { response: { statusCode, headers: Object.fromEntries(response.headers), body: answered } };
      } catch (error) {
        throw isKeywardError(error) ? new WireFailure(error) : error;
      }
    },
    destroy(): void {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
