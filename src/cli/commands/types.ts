import { join, resolve } from 'node:path';
import type { Config } from '../../compose/config.js';
import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';
import { writeProjectFile } from '../../host/project-file.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { declarationMark, nameDeclaration } from '../name-declaration.js';
import { withWorkspace } from '../session.js';

const maxDeclarationBytes = 4 * 1024 * 1024;

const command: Command = {
  spec: {
    name: 'types',
    summary: 'Write the names of the inventory as a TypeScript declaration',
    usage: '',
    description: [
      'Writes keyward.d.ts beside keyward.yaml, so that an editor completes the names in secrets.get() and the like. The',
      'program must include it (`include` of tsconfig.json). Reads no store; the same inventory gives the same file.',
    ],
    options: [
      { flags: '--out <file>', description: 'write this file instead' },
      { flags: '--check', description: 'write nothing, and say whether the file is what would be written' },
      { flags: '--strict', description: 'the compiler refuses names that the inventory does not list' },
    ],
    examples: [
      { command: 'keyward types', explanation: 'after every change of `secrets:` in keyward.yaml' },
      { command: 'keyward types --check', explanation: 'in continuous integration' },
    ],
    exitStatuses: { 1: '--check: the file is missing or not what the inventory says' },
  },
  run: (invocation) => withWorkspace(invocation, ({ config }) => types(invocation, config)),
};

export default command;

async function types(invocation: Invocation, config: Config): Promise<number> {
  const { output, io } = invocation;
  if (config.file === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above, so there are no names to write', {
      advice: 'Run: keyward init',
    });
  }
  const out = textOption(invocation, 'out');
  const file = out === undefined ? join(config.folder, 'keyward.d.ts') : resolve(io.cwd, out);
  const text = nameDeclaration(config.inventory, flagOption(invocation, 'strict'));
  const present = await readTextFile(file, { maxBytes: maxDeclarationBytes });
  const isCurrent = present === text;
  const isCheck = flagOption(invocation, 'check');
  if (!isCurrent && !isCheck) {
    if (present !== undefined && !present.startsWith(declarationMark)) throw notOurs(file);
    await writeProjectFile(file, text);
  }
  if (output.json) output.document({ file, names: config.inventory.size, changed: !isCurrent });
  else if (isCurrent) output.note(`${file} is up to date`);
  else output.note(isCheck ? `${file} is not up to date; run: keyward types` : `wrote ${file}`);
  return isCheck && !isCurrent ? 1 : 0;
}

function notOurs(file: string): KeywardError {
  return new KeywardError('conflict', `there is a file ${file} that Keyward did not write; nothing was changed`, {
    store: file,
    advice: 'Name another file with --out, or remove that one.',
  });
}
