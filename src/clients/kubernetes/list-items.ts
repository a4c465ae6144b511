import { KeywardError } from '../../core/errors.js';
import { itemsOf, memberOf, textIn } from './api-object.js';
import type { ApiAnswer, ApiRequest, KubernetesClient } from './kubernetes-client.js';

const pageSize = 500;
/** A server that answers more than these never ends. */
const maxPages = 1_000;
const maxRestarts = 3;

/**
 * Every item of a list, page by page, and from the start again where the server has forgotten it in between.
 *
 * @param query Of its URL, escaped; may be empty.
 * @throws KeywardError as `KubernetesClient.request`, and for a refusal of the server.
 */
export async function listItems(
  client: KubernetesClient,
  request: Omit<ApiRequest, 'method' | 'body' | 'onData'>,
  query = '',
): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let cursor = '';
  let restarts = 0;
  for (let page = 0; page < maxPages; page += 1) {
    const parts = [query, `limit=${pageSize}`, cursor === '' ? '' : `continue=${encodeURIComponent(cursor)}`];
    const path = `${request.path}?${parts.filter((part) => part !== '').join('&')}`;
    const answer = await client.request({ ...request, method: 'GET', path });
    if (answer.refusal?.status === 410 && restarts < maxRestarts) {
      restarts += 1;
      cursor = '';
      items.length = 0;
      continue;
    }
    const object = granted(answer);
    const listed = itemsOf(object);
    if (listed === undefined) throw malformed(client.store, 'a list');
    items.push(...listed);
    cursor = textIn(memberOf(object, 'metadata'), 'continue') ?? '';
    if (cursor === '') return items;
  }
  throw new KeywardError('too_large', `${client.store} lists without an end`, { store: client.store });
}

/** The object of the answer. @throws what the server's refusal means */
export function granted(answer: ApiAnswer): unknown {
  if (answer.refusal !== undefined) throw answer.error;
  return answer.object;
}

/** @param what it answered for: a name, `a list` */
export function malformed(store: string, what: string): KeywardError {
  return new KeywardError('invalid', `${store} answered for ${what} in a form that the API does not have`, { store });
}
