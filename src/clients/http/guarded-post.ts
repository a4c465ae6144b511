import type { Clock } from '../../core/clock.js';
import { guardedAddresses, type ResolveName } from '../guarded-addresses.js';
import { inTime } from '../in-time.js';
import { HttpClient, type HttpResponse, type TlsMaterial } from './http-client.js';
import type { ServerAddress } from './origin.js';

export interface PostTarget {
  /** Whom it is, for messages. */
  readonly name: string;
  readonly address: ServerAddress;
  readonly tls?: TlsMaterial | undefined;
  /** The setting that names certificates to trust, for messages. */
  readonly caSetting: string;
  readonly clock: Clock;
  /** The names of the system when absent. */
  readonly resolve?: ResolveName | undefined;
}

export interface Post {
  /** Below the base path of the address. */
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: Uint8Array;
  /** 5,000 when absent. */
  readonly timeoutMs?: number | undefined;
}

const maxAnswerBytes = 1024 * 1024;

/**
 * Posts JSON to an address that a configuration names: to one of the addresses that were looked at, over a connection of
 * its own, without redirects and proxies, for five seconds, and takes a mebibyte of an answer.
 *
 * @throws KeywardError as `guardedAddresses` and `HttpClient.request`.
 */
export function guardedPost(target: PostTarget, post: Post): Promise<HttpResponse> {
  const { timeoutMs = 5_000 } = post;
  // Also while a name is resolved, which cannot be ended.
  return inTime(send(target, post, timeoutMs), { store: target.name, clock: target.clock, timeoutMs });
}

async function send(
  { name, address, tls, caSetting, clock, resolve }: PostTarget,
  { path = '', headers, body }: Post,
  timeoutMs: number,
): Promise<HttpResponse> {
  const addresses = await guardedAddresses(address.hostname, name, resolve);
  const client = new HttpClient({ store: name, address, addresses, tls, caSetting, maxRedirects: 0, clock });
  try {
    return await client.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body,
      timeoutMs,
      maxBytes: maxAnswerBytes,
    });
  } finally {
    client.close();
  }
}
