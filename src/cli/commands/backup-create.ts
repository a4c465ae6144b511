import { join } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { writeChecksum } from '../../lifecycle/backup/checksum-file.js';
import { writeStoreBackup } from '../../lifecycle/backup/write-backup.js';
import { placeOption, withBackups } from '../backup/backup-session.js';
import { type Command, listOption } from '../command.js';

const command: Command = {
  spec: {
    name: 'backup create',
    summary: 'Back up the whole store into one encrypted file',
    usage: '',
    description: [
      'The file holds the sealed rows of one moment, what opens them and the audit log, in a box that the recovery key and the',
      'key file of the store open. Others may go on writing. It is read back whole before it has its name.',
    ],
    options: [
      placeOption,
      { flags: '--age <recipient>', description: 'somebody else who can open it, as age1…', repeatable: true },
    ],
    examples: [{ command: 'keyward backup create --in /media/usb/keyward', explanation: 'onto another disk' }],
  },
  run: (invocation) =>
    withBackups(invocation, async ({ workspace, backups }) => {
      const { output } = invocation;
      const { client } = await workspace.store();
      const folder = await backups.prepare();
      const recipients = listOption(invocation, 'age');
      const made = await client.backup.create((snapshot) =>
        writeStoreBackup(snapshot, { folder, recipients, now: new Date(systemClock.now()) }),
      );
      const path = join(folder, made.name);
      await writeChecksum(path, made.sha256);
      if (output.json) output.document({ path, ...made });
      else output.line(`wrote ${path}: ${made.secrets} secrets, ${made.bytes} bytes`);
      return 0;
    }),
};

export default command;
