import { parseServerAddress } from '../../../../clients/http/origin.js';
import { isKeywardError } from '../../../../core/errors.js';
import { defineRolloutKind } from '../rollout-kind.js';

export const webhookRolloutKind = defineRolloutKind({
  options: { url: 'address', secret: 'secret', ca: 'file' },
  *problems({ url = '', secret }) {
    if (secret === undefined) yield '`secret` is missing: the path of the one that signs';
    try {
      parseServerAddress(url, '`url`');
    } catch (error) {
      if (!isKeywardError(error)) throw error;
      yield error.message;
    }
  },
  async create({ url = '', secret = '', ca }, context) {
    const { createWebhookRollout } = await import('./webhook.js');
    return [createWebhookRollout({ url, secret, ca }, context)];
  },
});
