import type { Command } from '../command.js';
import { findRotationProblems } from '../rotation-findings.js';
import { withWorkspace } from '../session.js';
import { showHealth } from '../show-health.js';

const command: Command = {
  spec: {
    name: 'health',
    summary: 'Whether every store of the chain answers now',
    usage: '',
    description: [
      'Asks every store for its health and makes a real read of the probe path (health/check unless configured), as',
      'health() of the library does. Names rotations that failed, that nobody goes on with, that wait for somebody or are',
      'overdue, too: those do not change the exit status. For configuration and store, see keyward status.',
    ],
    options: [],
    examples: [{ command: 'keyward health --quiet', explanation: 'in a script: the exit status is the answer' }],
    exitStatuses: { 1: 'a link of the chain is unhealthy' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const health = await workspace.secrets.health();
      const rotations = await findRotationProblems(invocation, workspace);
      if (output.json) {
        output.document({ ...health, rotations });
      } else {
        showHealth(output, health);
        for (const finding of rotations) output.finding(finding);
      }
      return health.status === 'healthy' ? 0 : 1;
    }),
};

export default command;
