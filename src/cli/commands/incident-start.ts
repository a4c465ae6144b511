import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { dateOf } from '../../core/expiry.js';
import { agreesTo, yesOption } from '../agreement.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { goOn, incidentsOf, responseOptions } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident start',
    summary: 'Answer a leak: rotate, revoke, and say who had the values',
    usage: '<paths...>',
    description: [
      'Freezes who had the values, as the records say it; looks for related secrets and for copies; rotates what a rotator',
      'can rotate, and sees that the former values are refused; tells people; and lists what only a person can do. Every',
      'step is written down: after a crash, or once grace is over, go on with keyward incident resume.',
    ],
    options: [
      { flags: '--reason <text>', description: 'what happened, for the report; never a value' },
      {
        flags: '--since <date>',
        description: 'who had them from then on: 2027-01-31; else as long as records go back',
      },
      ...responseOptions,
      yesOption,
    ],
    examples: [
      {
        command: 'keyward incident start exchange/binance --skip-grace --reason "key in a public repository"',
        explanation: 'the former key is taken back at once',
      },
      { command: "keyward incident start 'database/*' --related all --yes", explanation: 'without being asked' },
    ],
    exitStatuses: { 1: 'a secret could not be rotated: see what the report says, then resume' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => start(invocation, workspace)),
};

export default command;

async function start(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args } = invocation;
  if (args.length === 0) throw new KeywardError('invalid', 'incident start needs the path of a secret');
  const incidents = await incidentsOf(invocation, workspace);
  if (!(await agreesTo(invocation, `Rotate ${args.join(', ')} now, and take the former values back?`))) return 0;
  const log = await incidents.begin({
    kind: 'leak',
    names: args,
    reason: textOption(invocation, 'reason'),
    since: sinceOf(textOption(invocation, 'since')),
    skipGrace: flagOption(invocation, 'skipGrace'),
  });
  return goOn(invocation, incidents, log);
}

/** @throws KeywardError `invalid` */
function sinceOf(text: string | undefined): number | undefined {
  const date = text === undefined ? undefined : dateOf(text);
  if (text === undefined || date !== undefined) return date?.getTime();
  throw new KeywardError('invalid', '--since takes a date', {
    advice: 'Write it like 2027-01-31 or 2027-01-31T12:00:00Z.',
  });
}
