import type { SecretClientOptions } from '@azure/keyvault-secrets';
import type { HttpClient, HttpRequest, HttpResponse } from '../../clients/http/http-client.js';
import { sendPatiently } from '../../clients/http/send-patiently.js';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { isUtf8 } from '../../core/payload.js';
import { member } from './azure-errors.js';
import type { AzureVault } from './azure-vault.js';

/** What the package hands its requests to. */
type Transport = NonNullable<SecretClientOptions['httpClient']>;
type Sent = Parameters<Transport['sendRequest']>[0];
type Method = HttpRequest['method'];
type Received = Awaited<ReturnType<Transport['sendRequest']>>;

export interface AzureTransportOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly vault: AzureVault;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const timeoutMs = 30_000;
const maxRetries = 2;
const maxBytes = 16 * 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Carries the package's requests over our own connections, and stands between it and what answers: nothing goes to
 * another server, whatever a link in an answer says; no token is asked for but for this vault's cloud; and no answer is
 * passed on that Key Vault cannot have given.
 */
export function azureTransport({ store, vault, http, clock }: AzureTransportOptions): Transport {
  const { origin } = vault.address;
  const refuse = (code: 'invalid' | 'integrity', problem: string) =>
    new KeywardError(code, `${store}: ${origin} ${problem}`, {
      store,
      advice: 'Check that vault: names the vault itself, and that no proxy or sign-in page answers for it.',
    });

  const challengeOf = ({ status, headers }: HttpResponse): string | undefined => {
    const given = headers.get('www-authenticate');
    if (status !== 401 || given === undefined) return undefined;
    const challenge = readChallenge(given);
    if (challenge === undefined) throw refuse('invalid', 'asks for a sign-in in a form that Key Vault does not have');
    if (challenge.resource !== undefined && !vault.accepts(challenge.resource)) {
      throw refuse('integrity', 'asks for a token that is not for this vault, and got none');
    }
    return challenge.text;
  };

  return {
    async sendRequest(request) {
      const url = new URL(request.url);
      if (url.origin !== origin) throw refuse('integrity', 'refers to another server, which was sent nothing');
      const sent = requestFor(request, `${url.pathname}${url.search}`);
      const response = await sendPatiently(() => http.request(sent), {
        store,
        statuses: [429],
        maxRetries,
        clock,
        signal: sent.signal,
      });
      const body = bodyOf(response);
      if (body === undefined) throw refuse('invalid', 'is not Key Vault');
      const challenge = challengeOf(response);
      const headers = new Map([['content-type', 'application/json']]);
      if (challenge !== undefined) headers.set('www-authenticate', challenge);
      return { request, status: response.status, headers: sdkHeaders(headers), bodyAsText: body };
    },
  };
}

function requestFor({ method, headers, body, abortSignal }: Sent, path: string): HttpRequest & { method: Method } {
  // An answer that is compressed could not be bounded before it is unpacked.
  const { 'accept-encoding': _, ...passed } = headers.toJSON();
  return {
    method: method as Method,
    path,
    headers: passed,
    body: typeof body === 'string' ? encoder.encode(body) : undefined,
    signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
    timeoutMs,
    maxBytes,
  };
}

/** The text of an answer that Key Vault can have given; `undefined` for any other, such as the page of a proxy. */
function bodyOf({ status, body }: HttpResponse): string | undefined {
  // Balancers give these too, in forms of their own; their status says all.
  if (status === 429 || status >= 500) return '{}';
  if (status === 204) return body.length === 0 ? '' : undefined;
  const text = isUtf8(body) ? decoder.decode(body) : undefined;
  const read = text === undefined ? undefined : parsed(text);
  const isKnown =
    status === 200 ? isSecret(read) || isPage(read) : typeof member(member(read, 'error'), 'code') === 'string';
  return isKnown ? text : undefined;
}

const isSecret = (value: unknown) => typeof member(value, 'id') === 'string';

const isPage = (value: unknown) => {
  const items = member(value, 'value');
  return Array.isArray(items) && items.every(isSecret);
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Challenge {
  readonly resource: string | undefined;
  /** The challenge again, in the one spelling that the package is shown. */
  readonly text: string;
}

/**
 * What `WWW-Authenticate` asks for (RFC 9110 §11.6.1, of one scheme), so that what is checked is what the package
 * reads, whatever else it would have found in the header; `undefined` for another scheme, or a name that comes twice.
 */
export function readChallenge(header: string): Challenge | undefined {
  if (!/^Bearer +[a-z_]+="[^"]*"(?:, *[a-z_]+="[^"]*")*$/i.test(header)) return undefined;
  const pairs = [...header.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  const values = new Map(pairs);
  if (values.size !== pairs.length) return undefined;
  const scope = values.get('scope')?.replace(/\/\.default$/, '');
  const resource = values.get('resource') ?? scope;
  const shown = ['authorization', 'error', 'claims'].filter((name) => values.has(name));
  const kept = shown.map((name) => `${name}="${values.get(name)}"`);
  const text = [...kept, ...(resource === undefined ? [] : [`resource="${resource.replace(/\/$/, '')}"`])].join(', ');
  return { resource, text: `Bearer ${text}` };
}

function sdkHeaders(headers: Map<string, string>): Received['headers'] {
  return {
    get: (name) => headers.get(name.toLowerCase()),
    has: (name) => headers.has(name.toLowerCase()),
    set: (name, value) => void headers.set(name.toLowerCase(), String(value)),
    delete: (name) => void headers.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers.entries(),
  };
}
