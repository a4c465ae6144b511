import { systemClock } from '../core/clock.js';
import { Secret } from '../core/secret.js';
import type { MakeChannel } from '../lifecycle/notify/channels/channel.contract.js';
import type { Channel } from '../lifecycle/notify/channels/channel.js';
import type { ChannelContext } from '../lifecycle/notify/channels/channel-kind.js';
import { HttpsReceiver } from './https-receiver.js';
import { temporaryFolder } from './temporary-folder.js';

export interface ChannelScene {
  readonly receiver: HttpsReceiver;
  readonly context: ChannelContext;
  readonly secrets: Map<string, string>;
  /** The certificate of the receiver, as the option `ca` names it. */
  readonly ca: string;
}

/** A server that takes messages, and what a channel needs to send them there. */
export async function channelScene(
  secrets: Readonly<Record<string, string>>,
): Promise<ChannelScene & { dispose(): Promise<void> }> {
  const receiver = await HttpsReceiver.start();
  const folder = temporaryFolder();
  folder.write('ca.pem', receiver.certificate);
  const kept = new Map(Object.entries(secrets));
  const secretOf = async (ref: string) => Secret.fromText(kept.get(ref) ?? '');
  return {
    receiver,
    secrets: kept,
    context: { folder: folder.path(''), clock: systemClock, secretOf },
    ca: 'ca.pem',
    async dispose() {
      await receiver.stop();
      folder.remove();
    },
  };
}

/** The subject of the contract for a channel that speaks HTTP. */
export function httpsChannel(
  secrets: (address: string) => Readonly<Record<string, string>>,
  create: (scene: ChannelScene, ca: string | undefined) => Channel,
): MakeChannel {
  return async () => {
    const scene = await channelScene({});
    const { receiver } = scene;
    for (const [name, value] of Object.entries(secrets(receiver.address))) scene.secrets.set(name, value);
    const taken: string[] = [];
    receiver.answer = ({ body }, outgoing) => {
      taken.push(body);
      outgoing.end('ok');
    };
    return {
      subject: {
        channel: create(scene, scene.ca),
        suspicious: create(scene, undefined),
        credentials: [...scene.secrets.values()],
        received: () => taken,
        async spoil(how) {
          receiver.answer = ({ path, headers, body }, outgoing) => {
            if (how === 'is gone') outgoing.destroy();
            else outgoing.writeHead(403).end(`${path} ${JSON.stringify(headers)} ${body}`);
          };
        },
      },
      dispose: scene.dispose,
    };
  };
}
