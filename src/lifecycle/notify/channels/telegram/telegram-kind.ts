import { parseServerAddress } from '../../../../clients/http/origin.js';
import { addressProblems, defineChannelKind, missing } from '../channel-kind.js';

export const telegramChannelKind = defineChannelKind({
  options: { token: 'secret', chat: 'secret', server: 'address', ca: 'file' },
  problems: (options) => [
    ...missing(options, ['token', 'chat']),
    ...addressProblems(options.server, (text) => parseServerAddress(text, '`server`')),
  ],
  async create({ token = '', chat = '', server, ca }, context) {
    const { createTelegramChannel } = await import('./telegram.js');
    return createTelegramChannel({ token, chat, server, ca }, context);
  },
});
