import type { Workspace } from '../../compose/workspace.js';
import { parseDuration } from '../../core/duration.js';
import { managedRotation } from '../../core/managed-rotation.js';
import { parsePath } from '../../core/path.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation start',
    summary: 'Let the store rotate a secret by itself',
    usage: '<path>',
    description: [
      'For stores that can (AWS Secrets Manager). The store makes the new value, now and by the rules; rules that are not',
      'given stay as they are. Ends before the rotation does: see keyward rotation status.',
    ],
    options: [
      { flags: '--every <days>', description: 'again after so many days: 30d' },
      {
        flags: '--schedule <expression>',
        description: 'again at these times, as the store writes them: rate(10 days)',
      },
      { flags: '--function <arn>', description: 'the function that rotates it; not for secrets of another service' },
      { flags: '--later', description: 'the first time at its time in the schedule, not now' },
      { flags: '--provider <name>', description: 'of this link instead of the write target' },
    ],
    examples: [
      {
        command: 'keyward rotation start database/postgres --every 30d --function "$ROTATION_FUNCTION"',
        explanation: 'now and then every 30 days, by this function of AWS Lambda',
      },
      { command: 'keyward rotation start database/postgres', explanation: 'now, by the rules that it has' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => start(invocation, workspace)),
};

export default command;

const dayMs = 86_400_000;

async function start(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const path = parsePath(args[0] ?? '');
  const every = textOption(invocation, 'every');
  const provider = workspace.writeTarget(textOption(invocation, 'provider'));
  const version = await managedRotation(provider).start(path, {
    days: every === undefined ? undefined : parseDuration(every) / dayMs,
    schedule: textOption(invocation, 'schedule'),
    function: textOption(invocation, 'function'),
    isDeferred: flagOption(invocation, 'later'),
  });
  if (output.json) output.document({ path, provider: provider.name, version });
  else if (version === undefined) output.note(`${provider.name} will rotate ${path} at its time`);
  else output.note(`${provider.name} rotates ${path}; its version ${version} is current when that is done`);
  return 0;
}
