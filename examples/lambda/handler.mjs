import { createHmac } from 'node:crypto';
import { openSecrets } from 'keyward';

let opening;

/** Opened by the first invocation, and shared by all that this instance serves. */
function secrets() {
  opening ??= openSecrets().catch((error) => {
    opening = undefined; // the next invocation tries again
    throw error;
  });
  return opening;
}

/**
 * `get`, not a handle: an instance stands still between invocations, so nothing is kept current meanwhile. Within
 * `cache.ttl` the value comes from memory; in an outage the last one is used for `cache.maxStale` at most.
 */
export async function handler(event) {
  const key = await (await secrets()).get('app/signing_key');
  const signature = createHmac('sha256', key.exposeBytes()).update(event.body).digest('hex');
  return { statusCode: 200, body: JSON.stringify({ signature }) };
}
