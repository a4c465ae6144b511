import type { Workspace } from '../../compose/workspace.js';
import { isKeywardError } from '../../core/errors.js';
import { type Path, parseDirectory } from '../../core/path.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'list',
    summary: 'Names of secrets in the stores of the chain',
    usage: '[directory]',
    description: [
      'Sorted, at any depth, each with the stores that hold it in the order of the chain. Values are not read.',
    ],
    options: [{ flags: '--provider <name>', description: 'only this link of the chain' }],
    examples: [
      { command: 'keyward list', explanation: 'every name' },
      { command: 'keyward list exchange', explanation: 'names below exchange/' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => list(invocation, workspace)),
};

export default command;

async function list(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const directory = parseDirectory(invocation.args[0] ?? '');
  const only = textOption(invocation, 'provider');
  const holders = new Map<Path, string[]>();
  for (const provider of workspace.providers) {
    if (!provider.capabilities.has('list') || (only !== undefined && provider.name !== only)) continue;
    try {
      for await (const path of provider.list(directory))
        holders.set(path, [...(holders.get(path) ?? []), provider.name]);
    } catch (error) {
      if (!isKeywardError(error) || only !== undefined) throw error;
      output.finding({ severity: 'warning', where: provider.name, cause: error.message, fix: error.advice });
    }
  }
  const names = [...holders].sort(([a], [b]) => (a < b ? -1 : 1));
  if (output.json) output.document(names.map(([path, stores]) => ({ path, providers: stores })));
  else if (names.length > 0)
    output.table(names.map(([path, stores]) => [path, output.style('dim', stores.join(', '))]));
  else output.note('no names');
  return 0;
}
