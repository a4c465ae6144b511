import type { ChannelKind } from '../lifecycle/notify/channels/channel-kind.js';
import { slackChannelKind } from '../lifecycle/notify/channels/slack/slack-kind.js';
import { smtpChannelKind } from '../lifecycle/notify/channels/smtp/smtp-kind.js';
import { telegramChannelKind } from '../lifecycle/notify/channels/telegram/telegram-kind.js';
import { webhookChannelKind } from '../lifecycle/notify/channels/webhook/webhook-kind.js';

/** The ways to tell people, by their key in `notifications:`. */
const channels = {
  webhook: webhookChannelKind,
  slack: slackChannelKind,
  telegram: telegramChannelKind,
  smtp: smtpChannelKind,
} as const;

export const channelKinds: ReadonlyMap<string, ChannelKind> = new Map(Object.entries(channels));
