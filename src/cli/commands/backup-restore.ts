import { type RestoreReport, restoreStore } from '../../compose/restore-store.js';
import { systemClock } from '../../core/clock.js';
import { silentObserver } from '../../core/observer.js';
import { openBackup } from '../../lifecycle/backup/open-backup.js';
import { agreesTo, yesOption } from '../agreement.js';
import { keyOptions, placeOption, withBackups } from '../backup/backup-session.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { shortId } from '../slot-choice.js';

const command: Command = {
  spec: {
    name: 'backup restore',
    summary: 'Make the store of a backup the store of this machine',
    usage: '[backup]',
    description: [
      'Builds the store beside its place, verifies all of it, and puts it there in the end; until then nothing has changed. On a',
      'new machine the recovery key opens it, and a key file is made. The store goes on in a new epoch; slots and versions that',
      'were taken away since do not come back, as far as this machine knows of them.',
    ],
    options: [
      placeOption,
      ...keyOptions,
      { flags: '--replace', description: 'also where there is a store; it is kept beside' },
      yesOption,
    ],
    examples: [{ command: 'keyward backup restore /media/usb/keyward/keyward-….age', explanation: 'on a new machine' }],
    exitStatuses: { 1: 'you did not agree; nothing was changed' },
  },
  run: (invocation) =>
    withBackups(invocation, async ({ backups, keys, locations }) => {
      const { output } = invocation;
      const path = await backups.find(invocation.args[0], invocation.io.cwd);
      const replace = flagOption(invocation, 'replace');
      if (replace && !(await agreesTo(invocation, `Put ${path} in the place of the store at ${locations.folder}?`))) {
        return 1;
      }
      const backup = await openBackup(path, keys.identities);
      const progress = progressLine(invocation);
      const report = await restoreStore({
        backup,
        locations,
        offered: keys.offered,
        replace,
        clock: systemClock,
        observer: { ...silentObserver, finding: (finding) => output.finding(finding) },
        onProgress: progress.show,
      }).finally(progress.clear);
      if (output.json) output.document({ path, ...report });
      else
        output.line(
          `restored ${report.secrets} secrets of ${report.createdAt.toISOString()}, in epoch ${report.epoch}`,
        );
      tell(invocation, report);
      return 0;
    }),
};

export default command;

function tell({ output }: Invocation, report: RestoreReport): void {
  if (report.keyFile !== undefined) output.note(`made the key file ${report.keyFile}`);
  if (report.former !== undefined) output.note(`the store that was there is kept as ${report.former}`);
  for (const { id, kind } of report.removedSlots) {
    output.note(
      `slot ${shortId(id)} (${kind}) was removed since and stays removed; the backup itself still opens with it`,
    );
  }
  if (report.destroyed.length > 0) output.note(`destroyed again: ${report.destroyed.join(', ')}`);
  if (report.purged.length > 0) output.note(`purged since, and back: ${report.purged.join(', ')}`);
}
