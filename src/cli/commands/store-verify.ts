import type { Command } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'store verify',
    summary: 'Check that nobody edited, removed, added or put back anything in the store',
    usage: '',
    description: ['Opens every row and compares the whole store with its sealed accounts.'],
    options: [],
    examples: [
      { command: 'keyward store verify --json', explanation: 'for a monitor: exit status 4 when it is damaged' },
    ],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const { client } = await workspace.store();
      const progress = progressLine(invocation);
      const verified = await client.seal.verifyStore({ onProgress: progress.show }).finally(progress.clear);
      if (output.json) output.document(verified);
      else output.line(`ok: ${verified.rows} rows are what was written last`);
      return 0;
    }),
};

export default command;
