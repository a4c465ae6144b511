import { openChannels } from '../../compose/notifications.js';
import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError, toKeywardError } from '../../core/errors.js';
import type { Notification } from '../../core/notification.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'notify',
    summary: 'Show by what people are told of rotations and incidents, and try it',
    usage: '',
    description: [
      'What is told, and to whom, is said by `notifications:` in keyward.yaml; a message never holds a value.',
    ],
    options: [{ flags: '--test', description: 'send a test message to each of them' }],
    examples: [
      { command: 'keyward notify', explanation: 'by what, and of what' },
      { command: 'keyward notify --test', explanation: 'whether it arrives' },
    ],
    exitStatuses: { 1: 'one of the test messages could not be delivered' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => run(invocation, workspace)),
};

export default command;

async function run(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const { notifications } = workspace.config;
  if (flagOption(invocation, 'test')) return test(invocation, workspace);
  const names = Object.keys(notifications?.channels ?? {});
  const on = notifications?.on ?? [];
  if (output.json) output.document({ channels: names, on });
  else output.table(names.map((name) => [name, on.join(', ')]));
  return 0;
}

async function test({ output }: Invocation, workspace: Workspace): Promise<number> {
  const { project, environment, notifications } = workspace.config;
  if (notifications === undefined) {
    throw new KeywardError('config', 'nobody is told of anything: there is no `notifications:` in the configuration', {
      advice: 'Add it to keyward.yaml (docs/guide/notifications.md).',
    });
  }
  const atMs = systemClock.now();
  const message: Notification = {
    kind: 'test',
    project,
    environment,
    atMs,
    text: 'a test message',
    key: `test ${atMs}`,
  };
  const outcomes = await Promise.all(
    [...(await openChannels(workspace))].map(async ([channel, { send }]) => {
      const error = await send(message).then(
        () => undefined,
        (thrown: unknown) => toKeywardError(thrown, `telling people by ${channel}`),
      );
      return { channel, error };
    }),
  );
  for (const { channel, error } of outcomes) {
    if (error === undefined) output.note(`${channel}: delivered`);
    else output.finding({ severity: 'error', where: channel, cause: error.message, fix: error.advice });
  }
  if (output.json) output.document(outcomes.map(({ channel, error }) => ({ channel, error: error?.code })));
  return outcomes.some(({ error }) => error !== undefined) ? 1 : 0;
}
