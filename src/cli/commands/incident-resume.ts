import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { include } from '../../lifecycle/incident/respond.js';
import { type Command, type Invocation, listOption, textOption } from '../command.js';
import { choose, goOn, incidentsOf, recordsOption, relatedOption } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident resume',
    summary: 'Go on with an incident, or say that a task of it is done',
    usage: '[id]',
    description: [
      'Takes the steps that are left and that can be taken now. With --done, notes who has done a task that no program can',
      'do; its name stands behind it in keyward incident status. With --records, adds what records say that were not at hand',
      'when it began.',
    ],
    options: [
      relatedOption,
      recordsOption,
      { flags: '--done <task>', description: 'this task is done; may be repeated', repeatable: true },
      { flags: '--by <who>', description: 'who answers for it: a person or a team' },
      { flags: '--note <text>', description: 'how, or where that is written; never a value' },
    ],
    examples: [
      { command: 'keyward incident resume 2027-01-31-3f9a1c', explanation: 'what is left, as far as it goes' },
      {
        command: 'keyward incident resume 2027-01-31-3f9a1c --done review --by security --note "only CI read it"',
        explanation: 'the readers were gone through',
      },
      {
        command: 'keyward incident resume --records vault-audit.log --records cloudtrail.json.gz',
        explanation: 'who read without Keyward, by the logs of the stores themselves',
      },
    ],
    exitStatuses: { 1: 'a secret could not be rotated' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => resume(invocation, workspace)),
};

export default command;

async function resume(invocation: Invocation, workspace: Workspace): Promise<number> {
  const done = listOption(invocation, 'done');
  const by = textOption(invocation, 'by') ?? '';
  if (done.length > 0 && by === '') {
    throw new KeywardError('invalid', 'nobody answers for it', { advice: 'Say who: --by platform' });
  }
  const incidents = await incidentsOf(invocation, workspace);
  const log = await incidents.open(invocation.args[0]);
  if (log.now.closedAt !== undefined) throw new KeywardError('conflict', `incident ${log.now.id} is closed`);
  for (const task of done) await incidents.answer(log, task, { by, note: textOption(invocation, 'note') });
  if (log.now.hasFacts && listOption(invocation, 'records').length > 0) await incidents.handIn(log);
  const isWidened = textOption(invocation, 'related') !== undefined && log.now.isChosen === true;
  if (isWidened) await include(log, await choose(invocation, log.now.related ?? []));
  return goOn(invocation, incidents, log);
}
