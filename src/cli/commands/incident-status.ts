import type { Command } from '../command.js';
import { incidentsOf, showIncident } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident status',
    summary: 'How far an incident has come, and what is to be done',
    usage: '[id]',
    description: [
      'Each secret with what became of it, and the tasks that are open, each with its name. Without an id, of the last one.',
    ],
    options: [],
    examples: [{ command: 'keyward incident status 2027-01-31-3f9a1c', explanation: 'changes nothing' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const log = await (await incidentsOf(invocation, workspace)).open(invocation.args[0]);
      showIncident(invocation, log.now);
      return 0;
    }),
};

export default command;
