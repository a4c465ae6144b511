import type { Clock } from '../../../core/clock.js';
import { type ErrorCode, KeywardError } from '../../../core/errors.js';
import { type AccessSink, jsonLines } from '../../access-sink.js';

const timeoutMs = 5_000;

export interface HttpSinkOptions {
  /** `https:`, or `http:` on this machine; without user name and password. */
  readonly url: URL;
  /** The bearer token to send along, asked for with every request; absent sends none. */
  readonly token?: (() => Promise<string>) | undefined;
  readonly clock: Clock;
}

/** Lines of JSON, posted as `application/x-ndjson`. Redirects are not followed; an answer is awaited for five seconds. */
export function createHttpSink({ url, token, clock }: HttpSinkOptions): AccessSink {
  const name = url.origin;
  return {
    name,
    write: async (entries) => {
      const headers = new Headers({ 'content-type': 'application/x-ndjson' });
      if (token !== undefined) headers.set('authorization', `Bearer ${await token()}`);
      const late = new AbortController();
      const timer = clock.after(timeoutMs, () => late.abort());
      try {
        const request = { method: 'POST', headers, body: jsonLines(entries), redirect: 'manual' } as const;
        const response = await fetch(url, { ...request, signal: late.signal });
        await response.body?.cancel();
        if (!response.ok) throw refusal(name, response.status);
      } catch (error) {
        if (error instanceof KeywardError) throw error;
        throw late.signal.aborted ? failure('timeout', name, 'did not answer in time') : unreachable(name, error);
      } finally {
        timer.cancel();
      }
    },
    close: async () => {},
  };
}

function refusal(name: string, status: number): KeywardError {
  if (status === 429) return failure('throttled', name, 'answered 429');
  if (status >= 500 || status === 408) return failure('unavailable', name, `answered ${status}`);
  if (status === 401) return failure('unauthenticated', name, 'answered 401');
  if (status === 403) return failure('denied', name, 'answered 403');
  return failure('config', name, `answered ${status}, which is no success`, 'Correct `audit.http.url`.');
}

function unreachable(name: string, error: unknown): KeywardError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
  return /CERT|TLS|SIGNATURE/.test(code)
    ? failure(
        'integrity',
        name,
        `is not who it should be (${code})`,
        'Make Node trust its issuer: NODE_EXTRA_CA_CERTS.',
      )
    : failure('unavailable', name, `could not be reached (${code})`);
}

function failure(code: ErrorCode, name: string, problem: string, advice?: string): KeywardError {
  return new KeywardError(code, `${name} ${problem}`, { store: name, advice });
}
