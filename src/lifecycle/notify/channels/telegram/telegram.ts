import { parseServerAddress } from '../../../../clients/http/origin.js';
import { KeywardError } from '../../../../core/errors.js';
import { messageText } from '../../message-text.js';
import type { Channel } from '../channel.js';
import type { ChannelContext } from '../channel-kind.js';
import { deliver } from '../deliver.js';

export interface TelegramOptions {
  /** Where the token of the bot is. */
  readonly token: string;
  /** Where the id of the chat is. */
  readonly chat: string;
  /** A server of the Bot API other than the one of Telegram. */
  readonly server?: string | undefined;
  readonly ca?: string | undefined;
}

/** A message of a bot of Telegram (https://core.telegram.org/bots/api#sendmessage). */
export function createTelegramChannel(
  { token, chat, server = 'https://api.telegram.org', ca }: TelegramOptions,
  context: ChannelContext,
): Channel {
  const address = parseServerAddress(server, '`server` of telegram');
  const partOf = async (ref: string, form: RegExp, what: string) => {
    const text = (await context.secretOf(ref)).expose();
    if (form.test(text)) return text;
    throw new KeywardError('config', `${ref} is not ${what}`, { store: 'telegram', advice: 'Store it anew.' });
  };
  return {
    async send(notification) {
      const bot = await partOf(token, /^[0-9]{1,20}:[A-Za-z0-9_-]{1,100}$/, 'the token of a bot');
      const chatId = await partOf(chat, /^(?:-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64})$/, 'the id of a chat');
      const message = { chat_id: chatId, text: messageText(notification), link_preview_options: { is_disabled: true } };
      const body = new TextEncoder().encode(JSON.stringify(message));
      await deliver({ name: 'telegram', address, path: `/bot${bot}/sendMessage`, ca, body }, context);
    },
  };
}
