import { parseServerAddress } from '../../../../clients/http/origin.js';
import { addressProblems, defineChannelKind, missing } from '../channel-kind.js';

export const webhookChannelKind = defineChannelKind({
  options: { url: 'address', secret: 'secret', ca: 'file' },
  problems: (options) => [
    ...missing(options, ['url', 'secret']),
    ...addressProblems(options.url, (text) => parseServerAddress(text, '`url`')),
  ],
  async create({ url = '', secret = '', ca }, context) {
    const { createWebhookChannel } = await import('./webhook.js');
    return createWebhookChannel({ url, secret, ca }, context);
  },
});
