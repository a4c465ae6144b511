import type { Workspace } from '../../compose/workspace.js';
import { selectorOf } from '../../core/ref.js';
import type { Command, Invocation } from '../command.js';
import { findVersions, refOf } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'delete',
    summary: 'Delete versions so that they can be brought back',
    usage: '<refs...>',
    description: [
      'Without @version, the current one: readers then get "deleted", not an older version. Versions that were deleted',
      'before stay so. What cannot be brought back is the business of destroy (versions) and purge (the whole secret).',
    ],
    options: [],
    examples: [
      { command: 'keyward delete app/old_key', explanation: 'readers get "deleted" from now on' },
      { command: 'keyward delete app/jwt_secret@2 app/jwt_secret@3', explanation: 'two older versions' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => softDelete(invocation, workspace)),
};

export default command;

async function softDelete({ args, output }: Invocation, workspace: Workspace): Promise<number> {
  const provider = workspace.writeTarget();
  const named = await findVersions(provider, 'remove', args);
  for (const one of named) {
    await provider.remove({ path: one.path, version: selectorOf(one.version) }, { mode: 'soft' });
    output.note(`deleted ${refOf(one)} in ${provider.name}; it comes back with: keyward undelete ${refOf(one)}`);
  }
  if (output.json) output.document({ provider: provider.name, deleted: named.map(refOf) });
  return 0;
}
