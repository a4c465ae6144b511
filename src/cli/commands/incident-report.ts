import { incidentDocument, incidentMarkdown } from '../../lifecycle/incident/report.js';
import type { Command } from '../command.js';
import { incidentsOf } from '../incidents.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'incident report',
    summary: 'All that is known of an incident, as Markdown or as JSON',
    usage: '[id]',
    description: [
      'Who had which value when, what the records do not cover, what was rotated and revoked, copies, tasks, and who did',
      'what when. Never a value. The same incident always gives the same text.',
    ],
    options: [],
    examples: [
      { command: 'keyward incident report 2027-01-31-3f9a1c > incident.md', explanation: 'for people' },
      { command: 'keyward incident report 2027-01-31-3f9a1c --json', explanation: 'for programs' },
    ],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const log = await (await incidentsOf(invocation, workspace)).open(invocation.args[0]);
      const facts = await log.facts();
      const later = await log.laterFacts();
      const handedIn = await log.factsHandedIn();
      if (output.json) output.document(incidentDocument(log.now, facts, later, handedIn));
      else await output.bytes(Buffer.from(incidentMarkdown(log.now, facts, later, handedIn)));
      return 0;
    }),
};

export default command;
