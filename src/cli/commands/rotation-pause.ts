import { openRotations } from '../../compose/rotations.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { parseExpiry } from '../../core/expiry.js';
import { userName } from '../../host/user-name.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation pause',
    summary: 'Begin no rotation of these secrets until they are resumed',
    usage: '<patterns...>',
    description: [
      'Holds for every process that uses the same store of Keyward, in this environment, and for secrets that are listed',
      'later. What is under way goes on to its end, and keyward rotate <path> rotates nevertheless.',
    ],
    options: [
      { flags: '--until <when>', description: 'goes on by itself then: 7d, 2027-01-31' },
      { flags: '--reason <text>', description: 'why, for whoever wonders' },
    ],
    examples: [
      { command: "keyward rotation pause 'exchange/*' --until 2d --reason 'audit'", explanation: 'for two days' },
      { command: 'keyward rotation pause "**"', explanation: 'everything' },
    ],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { pauses } = await openRotations(workspace, { env: invocation.io.env });
      return pause(invocation, pauses);
    }),
};

export default command;

type Pauses = Awaited<ReturnType<typeof openRotations>>['pauses'];

async function pause(invocation: Invocation, pauses: Pauses): Promise<number> {
  const { args, output } = invocation;
  if (args.length === 0) throw new KeywardError('invalid', 'rotation pause needs the path of a secret, or a pattern');
  const since = systemClock.now();
  const when = textOption(invocation, 'until');
  const until = when === undefined ? undefined : parseExpiry(when, since).getTime();
  for (const pattern of args) {
    await pauses.add({ pattern, until, since, by: userName(), reason: textOption(invocation, 'reason') });
  }
  const end = until === undefined ? undefined : new Date(until);
  if (output.json) output.document({ paused: args, until: end });
  else output.note(`nothing of ${args.join(' ')} is begun until ${end?.toISOString() ?? 'it is resumed'}`);
  return 0;
}
