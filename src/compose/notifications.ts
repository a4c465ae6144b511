import { type Clock, systemClock } from '../core/clock.js';
import type { Finding } from '../core/finding.js';
import { type Notifier, silentNotifier } from '../core/notification.js';
import type { Channel } from '../lifecycle/notify/channels/channel.js';
import { channelKinds } from './channel-registry.js';
import type { Workspace } from './workspace.js';

/** By what the project tells people, in the order of its configuration; empty without `notifications:`. */
export async function openChannels(
  { config, secrets }: Workspace,
  clock: Clock = systemClock,
): Promise<ReadonlyMap<string, Channel>> {
  const context = { folder: config.folder, clock, secretOf: (ref: string) => secrets.get(ref) };
  const channels = new Map<string, Channel>();
  for (const [name, options] of Object.entries(config.notifications?.channels ?? {})) {
    const channel = await channelKinds.get(name)?.create(options, context);
    if (channel !== undefined) channels.set(name, channel);
  }
  return channels;
}

/**
 * Tells people what the project's configuration says, and notes in Keyward's own store what they were told. Silent
 * without `notifications:`.
 *
 * @throws KeywardError `config` for options that cannot be meant; as `workspace.store`.
 */
export async function openNotifier(
  workspace: Workspace,
  { onFinding, clock = systemClock }: { readonly onFinding: (finding: Finding) => void; readonly clock?: Clock },
): Promise<Notifier> {
  const { notifications } = workspace.config;
  if (notifications === undefined) return silentNotifier;
  const { createNotifier } = await import('../lifecycle/notify/notifier.js');
  const channels = await openChannels(workspace, clock);
  const { records } = (await workspace.store()).client;
  const { on, repeat: repeatMs } = notifications;
  return createNotifier({ channels, kinds: new Set(on), repeatMs, records, clock, onFinding });
}
