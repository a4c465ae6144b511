import { parseServerAddress } from '../../../../clients/http/origin.js';
import { signatureHeaders } from '../../../webhook/signature.js';
import type { Channel } from '../channel.js';
import type { ChannelContext } from '../channel-kind.js';
import { deliver } from '../deliver.js';

export interface WebhookOptions {
  readonly url: string;
  /** Where the secret is that signs. */
  readonly secret: string;
  readonly ca?: string | undefined;
}

/** Posts the notification as JSON, signed (`signatureHeaders`). */
export function createWebhookChannel({ url, secret, ca }: WebhookOptions, context: ChannelContext): Channel {
  const address = parseServerAddress(url, '`url` of webhook');
  return {
    async send({ kind, path, project, environment, atMs, text, next, owner, key }) {
      const at = new Date(atMs).toISOString();
      const message = { kind, path, project, environment, at, text, next, owner, key };
      const body = new TextEncoder().encode(JSON.stringify(message));
      const headers = signatureHeaders(body, await context.secretOf(secret), context.clock.now());
      await deliver({ name: 'webhook', address, ca, headers, body }, context);
    },
  };
}
