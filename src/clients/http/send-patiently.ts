import { type Clock, sleep } from '../../core/clock.js';
import { refuseAborted } from '../../core/provider-gate.js';
import type { HttpResponse } from './http-client.js';

export interface PatienceOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  /** What asks for a repetition. */
  readonly statuses: readonly number[];
  readonly maxRetries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const firstPauseMs = 100;
/** A server that asks for more patience than this is taken at its word at once. */
const longestPauseMs = 2_000;

/**
 * The answer, after the request was repeated as the server asked for; with one of the statuses when it asks for more
 * patience than there is.
 *
 * @throws what `send` throws; as `refuseAborted` when the caller gives up between two attempts.
 */
export async function sendPatiently(
  send: () => Promise<HttpResponse>,
  { store, statuses, maxRetries, clock, signal }: PatienceOptions,
): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send();
    const pauseMs = pauseAfter(response, attempt);
    if (!statuses.includes(response.status) || pauseMs > longestPauseMs || attempt > maxRetries) return response;
    await sleep(clock, pauseMs, signal).catch((error: unknown) => {
      refuseAborted(store, signal);
      throw error;
    });
  }
}

function pauseAfter({ headers }: HttpResponse, attempt: number): number {
  const seconds = headers.get('retry-after');
  if (seconds !== undefined && /^[0-9]{1,6}$/.test(seconds)) return Number(seconds) * 1000;
  return firstPauseMs * 2 ** (attempt - 1);
}
