import { verifyBackup } from '../../compose/verify-backup.js';
import { isKeywardError } from '../../core/errors.js';
import { verifyChecksum } from '../../lifecycle/backup/checksum-file.js';
import { openBackup } from '../../lifecycle/backup/open-backup.js';
import { type BackupSession, keyOptions, placeOption, withBackups } from '../backup/backup-session.js';
import type { Command, Invocation } from '../command.js';
import { progressLine } from '../output/progress-line.js';

const meanings = {
  rows: 'every row agrees with the accounts of the store',
  parts: 'every part is as it was written; no key was at hand that opens the store in it',
  file: 'the file agrees with its checksum; no key was at hand that opens it',
};

const command: Command = {
  spec: {
    name: 'backup verify',
    summary: 'Check that a backup is whole, and says what was checked',
    usage: '[backup]',
    description: [
      'Reads all of it. With the key file or the recovery key of the store, every row is opened and compared with the accounts',
      'of the store; without any key, the file is compared with the checksum beside it. Nothing is written.',
    ],
    options: [placeOption, ...keyOptions],
    examples: [{ command: 'keyward backup verify --json', explanation: 'the newest one, for a monitor' }],
  },
  run: (invocation) =>
    withBackups(invocation, async (session) => {
      const { output } = invocation;
      const path = await session.backups.find(invocation.args[0], invocation.io.cwd);
      const verified = await verify(invocation, session, path);
      if (output.json) output.document({ path, ...verified });
      else output.line(`ok: ${path}: ${meanings[verified.checked]}`);
      return 0;
    }),
};

export default command;

async function verify(invocation: Invocation, { keys }: BackupSession, path: string) {
  const progress = progressLine(invocation);
  try {
    const backup = await openBackup(path, keys.identities);
    const { checked, manifest, end } = await verifyBackup({ backup, offered: keys.offered, onProgress: progress.show });
    return { checked, createdAt: manifest.createdAt, rows: end.rows, secrets: end.secrets };
  } catch (error) {
    if (!isKeywardError(error, 'sealed')) throw error;
    await verifyChecksum(path).catch((failure: unknown) => {
      throw isKeywardError(failure, 'not_found') ? error : failure;
    });
    return { checked: 'file' as const };
  } finally {
    progress.clear();
  }
}
