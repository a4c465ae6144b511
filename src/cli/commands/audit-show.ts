import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import { type Command, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'audit show',
    summary: 'Newest entries of the audit log, oldest of them first',
    usage: '[path]',
    description: ['Time, actor, operation, path, decision and outcome of every access and change. Never a value.'],
    options: [{ flags: '-n, --limit <number>', description: 'how many entries (50)' }],
    examples: [{ command: 'keyward audit show exchange/binance -n 10', explanation: 'who touched it' }],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { output } = invocation;
      const [path] = invocation.args;
      const limit = textOption(invocation, 'limit') ?? '50';
      if (!/^[1-9][0-9]{0,5}$/.test(limit))
        throw new KeywardError('invalid', '--limit takes a number from 1 to 999999');
      const { client } = await workspace.store();
      const records = await client.audit.show({
        path: path === undefined ? undefined : workspace.pathInStore(parsePath(path)),
        limit: Number(limit),
      });
      if (output.json) {
        output.document(records);
        return 0;
      }
      output.table(
        records.map((record) => [
          output.style('dim', String(record.sequence)),
          record.time.toISOString(),
          record.actor,
          record.kind,
          record.operation,
          record.path ?? '-',
          record.outcome ?? (record.decision?.allowed === false ? 'refused' : ''),
        ]),
      );
      return 0;
    }),
};

export default command;
