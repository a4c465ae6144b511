import { resolve } from 'node:path';
import { readCertificates } from '../../../clients/http/certificate-files.js';
import { guardedPost } from '../../../clients/http/guarded-post.js';
import type { HttpResponse } from '../../../clients/http/http-client.js';
import type { ServerAddress } from '../../../clients/http/origin.js';
import { type ErrorCode, KeywardError } from '../../../core/errors.js';
import type { ChannelContext } from './channel-kind.js';

export interface Delivery {
  /** Whom it goes to, for messages. */
  readonly name: string;
  readonly address: ServerAddress;
  /** Below the address. */
  readonly path?: string | undefined;
  /** A file with certificates to trust, in place of those of Node. */
  readonly ca: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: Uint8Array;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'denied',
  408: 'unavailable',
  429: 'throttled',
};

/**
 * Posts it. What the server says is not repeated: it could quote what it was sent.
 *
 * @throws KeywardError as `Channel.send`.
 */
export async function deliver(
  { name, address, path, ca, headers, body }: Delivery,
  { folder, clock, resolve: resolveName }: ChannelContext,
): Promise<HttpResponse> {
  const tls = ca === undefined ? undefined : { ca: [await readCertificates(resolve(folder, ca))] };
  const caSetting = `\`ca\` of ${name}`;
  const target = { name, address, tls, caSetting, clock, resolve: resolveName };
  const answer = await guardedPost(target, { path, headers, body });
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refusal(name, answer);
}

/** The refusal in our words, by its status. */
export function refusal(name: string, { status, headers, body }: HttpResponse): KeywardError {
  const code = codes[status] ?? (status >= 500 ? 'unavailable' : 'config');
  // Telegram says it in its answer.
  const said = /"retry_after": ?([0-9]{1,6})/.exec(new TextDecoder().decode(body))?.[1];
  const waitS = Number(headers.get('retry-after') ?? said);
  return new KeywardError(code, `${name} answered ${status}`, {
    store: name,
    ...(code === 'throttled' && waitS > 0 && { advice: `It asks to wait for ${waitS} s.` }),
    ...(code === 'config' && { advice: `Correct \`notifications.${name}\` or the secrets that it names.` }),
  });
}
