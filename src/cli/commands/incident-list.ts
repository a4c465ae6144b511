import { openTasks } from '../../lifecycle/incident/incident.js';
import type { Command } from '../command.js';
import { incidentsOf } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident list',
    summary: 'Every incident, the earliest first',
    usage: '',
    description: ['Those of every project of the store, with how many tasks are open.'],
    options: [],
    examples: [{ command: 'keyward incident list', explanation: 'open and closed ones' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const all = (await (await incidentsOf(invocation, workspace)).list()).map((incident) => ({
        id: incident.id,
        kind: incident.kind,
        named: incident.named,
        startedAt: new Date(incident.startedAt).toISOString(),
        state: incident.closedAt === undefined ? 'open' : 'closed',
        openTasks: openTasks(incident).length,
      }));
      if (output.json) output.document(all);
      else
        output.table(all.map((one) => [one.id, one.kind, one.state, `${one.openTasks} to do`, one.named.join(', ')]));
      return 0;
    }),
};

export default command;
