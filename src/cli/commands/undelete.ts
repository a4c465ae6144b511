import type { Workspace } from '../../compose/workspace.js';
import { selectorOf } from '../../core/ref.js';
import type { Command, Invocation } from '../command.js';
import { findVersions, refOf } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'undelete',
    summary: 'Bring deleted versions back',
    usage: '<refs...>',
    description: ['Without @version, the current one. A version that was destroyed cannot be brought back.'],
    options: [],
    examples: [{ command: 'keyward undelete app/jwt_secret@2', explanation: 'version 2 can be read again' }],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => undelete(invocation, workspace)),
};

export default command;

async function undelete({ args, output }: Invocation, workspace: Workspace): Promise<number> {
  const provider = workspace.writeTarget();
  const named = await findVersions(provider, 'restore', args);
  for (const one of named) {
    await provider.restore({ path: one.path, version: selectorOf(one.version) });
    output.note(`${refOf(one)} can be read again in ${provider.name}`);
  }
  if (output.json) output.document({ provider: provider.name, undeleted: named.map(refOf) });
  return 0;
}
