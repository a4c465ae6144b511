import { parseServerAddress } from '../../../../clients/http/origin.js';
import { KeywardError } from '../../../../core/errors.js';
import { messageText } from '../../message-text.js';
import type { Channel } from '../channel.js';
import type { ChannelContext } from '../channel-kind.js';
import { deliver } from '../deliver.js';

export interface SlackOptions {
  /** Where the address of the incoming webhook is, which is a credential. */
  readonly url: string;
  /** The server that the address has to be of. */
  readonly server?: string | undefined;
  readonly ca?: string | undefined;
}

const slackServer = 'https://hooks.slack.com';

/**
 * An incoming webhook of Slack, or of a server that takes the same
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 */
export function createSlackChannel({ url, server = slackServer, ca }: SlackOptions, context: ChannelContext): Channel {
  const expected = parseServerAddress(server, '`server` of slack');
  return {
    async send(notification) {
      const text = (await context.secretOf(url)).expose();
      // Whoever may write the secret does not decide where messages go.
      const path = URL.canParse(text) && new URL(text).origin === expected.origin ? new URL(text).pathname : '/';
      if (path === '/') {
        throw new KeywardError('config', `${url} is not the address of a webhook at ${expected.origin}`, {
          store: 'slack',
          advice: 'Store the address that Slack shows. For another server, say which in `notifications.slack.server`.',
        });
      }
      // The three characters that have a meaning in its texts.
      const escaped = messageText(notification)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;');
      const body = new TextEncoder().encode(JSON.stringify({ text: escaped }));
      await deliver({ name: 'slack', address: { ...expected, basePath: '' }, path, ca, body }, context);
    },
  };
}
