import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'history',
    summary: 'Versions of a secret, newest first, without values',
    usage: '<path>',
    description: ['Number, time, state, stages and size of every version that the store keeps.'],
    options: [{ flags: '--provider <name>', description: 'ask this link instead of the write target' }],
    examples: [{ command: 'keyward history exchange/binance', explanation: 'what changed when' }],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => history(invocation, workspace)),
};

export default command;

async function history(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const path = parsePath(invocation.args[0] ?? '');
  const name = textOption(invocation, 'provider');
  const provider = name === undefined ? workspace.writeTarget() : workspace.provider(name);
  const description = await provider.describe(path);
  if (description === undefined) {
    throw new KeywardError('not_found', `${provider.name} has no secret ${path}`, { store: provider.name, path });
  }
  const { versions, metadata } = description;
  if (output.json) {
    output.document({ path, provider: provider.name, metadata, versions });
    return 0;
  }
  output.table([
    ['version', 'written', 'state', 'stages', 'bytes'].map((title) => output.style('dim', title)),
    ...versions.map((version) => [
      String(version.number),
      version.createdAt.toISOString(),
      version.state,
      version.stages.join(', ') || '-',
      String(version.size),
    ]),
  ]);
  return 0;
}
