import type { Command } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'store rotate',
    summary: 'Seal everything in the store anew under a new key',
    usage: '',
    description: [
      'New values are sealed under the new key at once, in every process; the values that are there follow, then the old',
      'key is forgotten. Others may go on working. A rotation that was interrupted is finished by the next one.',
      'What was removed before may still lie in unused parts of the file, and copies of the store keep what they hold:',
      'keyward store shred does more.',
    ],
    options: [],
    examples: [{ command: 'keyward store rotate', explanation: 'once a year, or when your rules say so' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const { client } = await workspace.store();
      const progress = progressLine(invocation);
      const rotated = await client.maintenance.rotate({ onProgress: progress.show }).finally(progress.clear);
      if (output.json) output.document(rotated);
      else
        output.line(
          `${rotated.resumed ? 'finished the rotation to' : 'everything is sealed under'} term ${rotated.term}`,
        );
      return 0;
    }),
};

export default command;
