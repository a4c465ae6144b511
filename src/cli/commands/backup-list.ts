import { placeOption, withBackups } from '../backup/backup-session.js';
import type { Command } from '../command.js';

const command: Command = {
  spec: {
    name: 'backup list',
    summary: 'The backups that there are, newest first',
    usage: '',
    description: ['By their names; nothing is opened.'],
    options: [placeOption],
    examples: [{ command: 'keyward backup list', explanation: 'what a restore can choose from' }],
  },
  run: (invocation) =>
    withBackups(invocation, async ({ backups }) => {
      const { output } = invocation;
      const found = await backups.list();
      if (output.json) output.document(found);
      else for (const { name, createdAt, bytes } of found) output.line(`${createdAt.toISOString()}  ${bytes}  ${name}`);
      if (found.length === 0) output.note(`there is no backup in ${backups.folder}`);
      return 0;
    }),
};

export default command;
