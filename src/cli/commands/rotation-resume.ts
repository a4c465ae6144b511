import { openRotations } from '../../compose/rotations.js';
import { KeywardError } from '../../core/errors.js';
import type { Command } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation resume',
    summary: 'Begin rotations again that were paused',
    usage: '<patterns...>',
    description: [
      'Takes back what keyward rotation pause said of the very same path or pattern. What became due meanwhile is due at',
      'once, in its window if it has one. `paused:` in keyward.yaml stays.',
    ],
    options: [],
    examples: [{ command: "keyward rotation resume 'exchange/*'", explanation: 'as it was paused' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { args, output, io } = invocation;
      if (args.length === 0) throw new KeywardError('invalid', 'rotation resume needs what was paused');
      const { pauses } = await openRotations(workspace, { env: io.env });
      for (const pattern of args) await pauses.remove(pattern);
      if (output.json) output.document({ resumed: args });
      else output.note(`resumed ${args.join(' ')}`);
      return 0;
    }),
};

export default command;
