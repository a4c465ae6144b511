import type { RollbackStatus, StorePoint } from '../../core/maintenance.js';
import { agreesTo, yesOption } from '../agreement.js';
import type { Command } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'store accept-rollback',
    summary: 'Declare a store that was put back to an older state to be the true one',
    usage: '',
    description: [
      'Shows how far the store is behind what it had been, and asks. From then on it is opened without a warning, and',
      'whatever was issued before counts no longer. Accept only what you put back yourself: an older store may hold',
      'values that were rotated since, and secrets that were destroyed.',
    ],
    options: [yesOption],
    examples: [
      { command: 'keyward store accept-rollback', explanation: 'after a backup of this machine was restored' },
    ],
    exitStatuses: { 1: 'you did not agree; nothing was changed' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const { client } = await workspace.store();
      const { rollback } = await client.maintenance.status();
      if (!rollback.isDisputed) {
        if (output.json) output.document({ accepted: false, rollback });
        else output.line('the store agrees with its anchor: there is nothing to accept');
        return 0;
      }
      for (const line of describe(rollback)) output.note(line);
      if (!(await agreesTo(invocation, 'Accept the store as it is now?'))) return 1;
      const now = await client.maintenance.acceptRollback();
      if (output.json) output.document({ accepted: true, rollback, now });
      else output.line(`accepted: the store goes on in epoch ${now.epoch}`);
      return 0;
    }),
};

export default command;

function describe({ store, anchor }: RollbackStatus): readonly string[] {
  const behind = anchor && anchor.epoch === store.epoch ? anchor.commit - store.commit : undefined;
  return [
    `the store is at ${point(store)}`,
    anchor === undefined
      ? 'there is no anchor to compare it with'
      : `it had been at ${point(anchor)}, as written down ${anchor.writtenAt.toISOString()}`,
    ...(behind !== undefined && behind > 0 ? [`commits that are missing: ${behind}`] : []),
  ];
}

function point({ epoch, commit }: StorePoint): string {
  return `commit ${commit} of epoch ${epoch}`;
}
