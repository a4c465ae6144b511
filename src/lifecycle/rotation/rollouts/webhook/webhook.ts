import { resolve } from 'node:path';
import { readCertificates } from '../../../../clients/http/certificate-files.js';
import { guardedPost } from '../../../../clients/http/guarded-post.js';
import { parseServerAddress } from '../../../../clients/http/origin.js';
import { KeywardError } from '../../../../core/errors.js';
import { valueField } from '../../../../core/payload.js';
import { signatureHeaders } from '../../../webhook/signature.js';
import { changeInput } from '../change-input.js';
import { type Rollout, RolloutFailure } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';

export interface WebhookRolloutOptions {
  readonly url: string;
  /** The path of the secret that requests are signed with. */
  readonly secret: string;
  /** A file with certificates to trust, relative to the folder. */
  readonly ca?: string | undefined;
}

/** Statuses by which the webhook says no, so that nothing on the way to it is taken for that. */
const refusedStatuses: ReadonlySet<number> = new Set([409, 422]);

/** What it does takes its time. */
const timeoutMs = 60_000;

/**
 * A webhook that tells consumers. The change is posted to it as JSON (`changeInput`), signed (`signatureHeaders`). Success
 * says that all of them have the value, 409 and 422 that they do not work with it; any other status leaves that open.
 *
 * @throws KeywardError `config` for another address than `https:`, or `http:` on this machine.
 */
export function createWebhookRollout(options: WebhookRolloutOptions, context: RolloutContext): Rollout {
  const { url, secret, ca } = options;
  const { folder, clock, fieldsOf } = context;
  const address = parseServerAddress(url, '`url` of the webhook');
  const name = `webhook ${address.origin}`;
  return {
    name,
    async apply(change) {
      const key = (await fieldsOf(secret))[valueField];
      if (key === undefined) {
        throw new KeywardError('config', `${secret} has fields, and one value is what signs`, { path: secret });
      }
      const tls = ca === undefined ? undefined : { ca: [await readCertificates(resolve(folder, ca))] };
      const body = changeInput(change);
      const headers = signatureHeaders(body, key, clock.now());
      const target = { name, address, tls, caSetting: '`ca` of the webhook', clock };
      const { status } = await guardedPost(target, { headers, body, timeoutMs }).finally(() => body.fill(0));
      if (refusedStatuses.has(status)) throw new RolloutFailure(name, `answered no (${status})`);
      if (status >= 200 && status < 300) return;
      throw new KeywardError('unavailable', `${name} answered ${status}`, {
        path: change.path,
        advice: 'See the log of the webhook.',
      });
    },
    pending: async () => undefined,
  };
}
