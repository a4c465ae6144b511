import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { openTasks } from '../../lifecycle/incident/incident.js';
import type { Command } from '../command.js';
import { incidentsOf } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident close',
    summary: 'End an incident whose tasks are done',
    usage: '[id]',
    description: [
      'Refused while a task is open: do it, or say with keyward incident resume --done why it need not be.',
    ],
    options: [],
    examples: [{ command: 'keyward incident close 2027-01-31-3f9a1c', explanation: 'its report stays' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const log = await (await incidentsOf(invocation, workspace)).open(invocation.args[0]);
      const { id, closedAt } = log.now;
      const open = openTasks(log.now);
      if (open.length > 0) {
        throw new KeywardError('conflict', `${open.length} tasks of incident ${id} are open`, {
          advice: `See: keyward incident status ${id}`,
        });
      }
      if (closedAt === undefined) await log.save({ closedAt: systemClock.now() }, 'closed it');
      if (invocation.output.json) invocation.output.document({ id, closed: true });
      invocation.output.note(`incident ${id} is closed`);
      return 0;
    }),
};

export default command;
