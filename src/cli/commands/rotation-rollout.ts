import { openRotations, type Rotations } from '../../compose/rotations.js';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation rollout',
    summary: 'Which consumers of a secret were brought its new value, and how to go on',
    usage: '<path>',
    description: [
      'After a value has become current, the `rollout:` of its secret brings it to consumers that do not ask for it, one',
      'after the other; the former value works until all have it. One that fails goes back by itself; after an error that',
      'leaves open what happened, go on with --retry, or with --skip when you have seen to it.',
    ],
    options: [
      { flags: '--retry', description: 'go on where it stopped' },
      { flags: '--skip', description: 'go on as if the consumers that are left had the value' },
    ],
    examples: [
      { command: 'keyward rotation rollout database/bot', explanation: 'how far it has come' },
      { command: 'keyward rotation rollout database/bot --retry', explanation: 'once more, now' },
    ],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) =>
      rollout(invocation, await openRotations(workspace, { env: invocation.io.env })),
    ),
};

export default command;

async function rollout(invocation: Invocation, rotations: Rotations): Promise<number> {
  const { output, args } = invocation;
  const path = parsePath(args[0] ?? '');
  const [isRetry, isSkip] = [flagOption(invocation, 'retry'), flagOption(invocation, 'skip')];
  if (isRetry && isSkip) throw new KeywardError('invalid', 'only one of --retry and --skip can be meant');
  const onStep = (step: string, name = '') => output.note(`${path}: ${step} ${name}`.trimEnd());
  if (isRetry) await assertRollingOut(rotations, path);
  if (isRetry || isSkip) await rotations.rotate(path, isSkip ? 'skip' : 'resume', { onStep });
  const { state } = await rotations.status(path);
  const rollouts = await rotations.rollouts(path);
  if (output.json) output.document({ path, state, rollouts });
  else output.table([[path, state], ...rollouts.map((one) => [one.name, one.state])]);
  return 0;
}

async function assertRollingOut(rotations: Rotations, path: Path): Promise<void> {
  const { state } = await rotations.status(path);
  if (state === 'rolling_out' || state === 'rolling_back') return;
  throw new KeywardError('conflict', `${path} is not being rolled out (${state})`, {
    path,
    advice: `See: keyward rotation status ${path}`,
  });
}
