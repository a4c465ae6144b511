import type { Workspace } from '../../compose/workspace.js';
import { errorTable, isKeywardError, type KeywardError } from '../../core/errors.js';
import { isBelow, type Path, parseDirectory } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import { derivedOrigin } from '../../resolver/derive.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'list',
    summary: 'Names of secrets in the stores of the chain',
    usage: '[directory]',
    description: [
      'Sorted, at any depth, each with the stores that hold it in the order of the chain; `derived` marks what the',
      'inventory makes of other secrets. Values are not read. When a store cannot say, the names of the others are shown',
      'and the exit status is that of its error.',
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
  const asked = only === undefined ? listable(workspace.providers) : [workspace.provider(only)];
  const holders = new Map<Path, string[]>();
  let failure: KeywardError | undefined;
  for (const provider of asked) {
    try {
      for await (const path of provider.list(directory))
        holders.set(path, [...(holders.get(path) ?? []), provider.name]);
    } catch (error) {
      if (!isKeywardError(error) || asked.length === 1) throw error;
      failure ??= error;
      output.finding({ severity: 'warning', where: provider.name, cause: error.message, fix: error.advice });
    }
  }
  if (only === undefined) {
    for (const { path, from } of workspace.config.inventory.values()) {
      if (from !== undefined && isBelow(path, directory))
        holders.set(path, [derivedOrigin, ...(holders.get(path) ?? [])]);
    }
  }
  const names = [...holders].sort(([a], [b]) => (a < b ? -1 : 1));
  if (output.json) output.document(names.map(([path, stores]) => ({ path, providers: stores })));
  else if (names.length > 0)
    output.table(names.map(([path, stores]) => [path, output.style('dim', stores.join(', '))]));
  else output.note('no names');
  // A list that lacks what a store could not say must not look complete.
  return failure === undefined ? 0 : errorTable[failure.code].exitCode;
}

function listable(providers: readonly Provider[]): readonly Provider[] {
  return providers.filter(({ capabilities }) => capabilities.has('list'));
}
