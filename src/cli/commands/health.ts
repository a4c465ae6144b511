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
      'health() of the library does. Names rotations that failed, too; for configuration and store, see keyward status.',
    ],
    options: [],
    examples: [{ command: 'keyward health --quiet', explanation: 'in a script: the exit status is the answer' }],
    exitStatuses: { 1: 'a link of the chain is unhealthy' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const health = await workspace.secrets.health();
      if (invocation.output.json) {
        invocation.output.document(health);
      } else {
        showHealth(invocation.output, health);
        for (const finding of await findRotationProblems(invocation, workspace)) invocation.output.finding(finding);
      }
      return health.status === 'healthy' ? 0 : 1;
    }),
};

export default command;
