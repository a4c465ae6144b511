import type { Command, CommandSpec } from '../command.js';
import { commandTable, lookUp } from '../command-table.js';
import { helpText } from '../help-text.js';
import { unknownCommand } from '../unknown-command.js';
import completion from './completion.js';

const command: Command = {
  spec: {
    name: 'help',
    summary: 'What there is, or how one command works',
    usage: '[command...]',
    description: [],
    options: [],
    examples: [{ command: 'keyward help set', explanation: 'the same as keyward set --help' }],
  },
  run: async ({ args, output }) => {
    if (args.length > 0) {
      const spec = ownSpecs.find(({ name }) => name === args[0]) ?? (await lookUp(args))?.command.spec;
      if (spec === undefined) throw unknownCommand(args[0] ?? '');
      if (output.json) output.document(spec);
      else output.line(helpText(spec));
      return 0;
    }
    const specs = await allSpecs();
    if (output.json) {
      output.document(specs);
      return 0;
    }
    output.line('keyward: get, keep, rotate and audit secrets, whichever store holds them');
    output.line();
    output.table(specs.map((spec) => [`  ${output.style('bold', spec.name)}`, spec.summary]));
    output.line();
    output.line('Start in a project with:  keyward init --from .env   then   keyward run -- <program>');
    output.line('More about one command:   keyward <command> --help');
    return 0;
  },
};

export default command;

/** Of the commands that are not in the table. */
const ownSpecs: readonly CommandSpec[] = [completion.spec, command.spec];

/** Every command's description, in the order of the table. */
export async function allSpecs(): Promise<readonly CommandSpec[]> {
  const commands = await Promise.all(Object.values(commandTable).map((load) => load()));
  return [...commands.map(({ spec }) => spec), ...ownSpecs];
}
