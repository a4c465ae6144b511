import type { Workspace } from '../../compose/workspace.js';
import { parsePath } from '../../core/path.js';
import { agreesTo, yesOption } from '../agreement.js';
import type { Command, Invocation } from '../command.js';
import { assertCapable, describeSecret } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'purge',
    summary: 'Remove secrets with all their versions, for good',
    usage: '<paths...>',
    description: [
      'The name is free again, and a new secret of that name starts at version 1. Remnants go as after destroy.',
      'The audit log keeps what happened to it.',
    ],
    options: [yesOption],
    examples: [{ command: 'keyward purge app/old_key', explanation: 'asks first' }],
    exitStatuses: { 1: 'you did not agree; nothing was changed' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => purge(invocation, workspace)),
};

export default command;

async function purge(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const provider = workspace.writeTarget();
  const paths = args.map(parsePath);
  assertCapable(provider, 'remove', 'describe');
  const counts: string[] = [];
  for (const path of paths) {
    const { versions } = await describeSecret(provider, path);
    counts.push(`${path} (${versions.length === 1 ? '1 version' : `${versions.length} versions`})`);
  }
  const question = `Purge ${counts.join(', ')} from ${provider.name}? This cannot be undone.`;
  if (!(await agreesTo(invocation, question))) return 1;
  for (const path of paths) {
    await provider.remove({ path }, { mode: 'purge' });
    output.note(`purged ${path} from ${provider.name}`);
  }
  if (output.json) output.document({ provider: provider.name, purged: paths });
  return 0;
}
