import { agreesTo, yesOption } from '../agreement.js';
import type { Command } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'store shred',
    summary: 'Make what was destroyed or removed unreadable for good',
    usage: '',
    description: [
      'Seals everything that is there under a new key and a new root key, writes it into new files and removes the old',
      'ones. Nobody else may have the store open: other processes are named.',
      'It does not reach backups, snapshots and other copies, nor what an SSD keeps in blocks that it has put aside.',
    ],
    options: [yesOption],
    examples: [{ command: 'keyward store shred', explanation: 'after keyward destroy, when nothing may be left' }],
    exitStatuses: { 1: 'you did not agree; nothing was changed' },
  },
  run: async (invocation) => {
    if (
      !(await agreesTo(
        invocation,
        'Write the whole store anew and remove the old files? What was destroyed is then gone for good.',
      ))
    )
      return 1;
    return withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const { client, folder } = await workspace.store();
      const progress = progressLine(invocation);
      const shredded = await client.maintenance.shred({ onProgress: progress.show }).finally(progress.clear);
      if (output.json) output.document(shredded);
      else output.line(`shredded: what is left of ${folder} is sealed under term ${shredded.term}`);
      output.note('copies of the store from before, on other disks and in snapshots, keep what they hold');
      return 0;
    });
  },
};

export default command;
