import { parseServerAddress } from '../../../../clients/http/origin.js';
import { addressProblems, defineChannelKind, missing } from '../channel-kind.js';

export const slackChannelKind = defineChannelKind({
  options: { url: 'secret', server: 'address', ca: 'file' },
  problems: (options) => [
    ...missing(options, ['url']),
    ...addressProblems(options.server, (text) => parseServerAddress(text, '`server`')),
  ],
  async create({ url = '', server, ca }, context) {
    const { createSlackChannel } = await import('./slack.js');
    return createSlackChannel({ url, server, ca }, context);
  },
});
