import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { parsePath, pathProblem } from '../../core/path.js';
import { compilePathPattern } from '../../core/path-pattern.js';
import { documentMembers } from '../../core/payload.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { printableName } from '../output/printable.js';
import { withWorkspace } from '../session.js';
import { takeSnapshot } from '../take-snapshot.js';

const command: Command = {
  spec: {
    name: 'search',
    summary: 'Names of secrets that match',
    usage: '<pattern>',
    description: [
      'A pattern with * is matched as a whole (exchange/**, database/*/password), any other text anywhere in the name,',
      'in any case. Only what you may list is looked through, and the audit log keeps that you listed it.',
      'With --fields, names of fields too: that reads every document, and the audit log says so. Shows no value.',
    ],
    options: [
      { flags: '--fields', description: 'search the names of fields too' },
      { flags: '--provider <name>', description: 'this link of the chain instead of the write target' },
    ],
    examples: [
      { command: 'keyward search binance', explanation: 'every name with binance in it' },
      { command: "keyward search 'exchange/*' --fields", explanation: 'these names, and fields that match' },
    ],
    exitStatuses: { 1: 'nothing matches' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => search(invocation, workspace)),
};

export default command;

async function search(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const matches = matcherOf(args[0] ?? '');
  const name = textOption(invocation, 'provider');
  const provider = name === undefined ? workspace.writeTarget() : workspace.provider(name);
  const hits: string[] = [];
  for await (const path of provider.list('')) if (matches(path)) hits.push(path);
  if (flagOption(invocation, 'fields')) {
    for (const [path, payload] of await takeSnapshot(provider, '')) {
      const fields = (documentMembers(payload) ?? []).map((member) => member.name);
      hits.push(...fields.filter(matches).map((field) => `${path}#${printableName(field)}`));
    }
  }
  hits.sort();
  if (output.json) output.document(hits);
  else for (const hit of hits) output.line(hit);
  if (hits.length === 0) output.note('nothing matches');
  return hits.length === 0 ? 1 : 0;
}

function matcherOf(text: string): (name: string) => boolean {
  if (text === '')
    throw new KeywardError('invalid', 'the pattern is empty', { advice: 'See all names with: keyward list' });
  if (!text.includes('*')) return (name) => name.toLowerCase().includes(text.toLowerCase());
  const pattern = compilePathPattern(text);
  return (name) => pathProblem(name) === undefined && pattern.matches(parsePath(name));
}
