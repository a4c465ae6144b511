import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { formatDocument } from '../../formats/document-text.js';
import { formatDotenv } from '../../formats/format-dotenv.js';
import { writeOwnedFile } from '../../host/owned-file.js';
import { readSealed, type SealedPlace } from '../../lifecycle/sealed/sealed-place.js';
import { textsOf } from '../../lifecycle/sealed/sealed-texts.js';
import { unsealedEnvironment } from '../../lifecycle/sealed/unsealed-environment.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { identityOptions, sealedPlace } from '../sealed-options.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'unseal',
    summary: 'Show the values of a sealed file, or write them to a file of your own',
    usage: '[sealed-file]',
    description: [
      'As a .env file with the names that `keyward run` gives, or with --format yaml by path. A program does not need it:',
      'the provider `sealed` reads the file itself.',
    ],
    options: [
      ...identityOptions,
      { flags: '--format <format>', description: 'dotenv (the default) or yaml' },
      { flags: '--out <file>', description: 'write a new file with mode 0600 instead' },
      { flags: '-r, --reveal', description: 'show the values at a terminal' },
    ],
    examples: [
      { command: 'keyward unseal --out .env', explanation: 'back to a .env file' },
      { command: 'keyward unseal prod.sealed.yaml --format yaml | less', explanation: 'by path' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => unseal(invocation, workspace)),
};

export default command;

async function unseal(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, io, output } = invocation;
  const out = textOption(invocation, 'out');
  if (out === undefined && output.isTerminal && !flagOption(invocation, 'reveal')) {
    throw new KeywardError('invalid', 'the values would be shown on the terminal; nothing was', {
      advice: 'Add --reveal if that is meant, or write a file with --out.',
    });
  }
  const place = await sealedPlace(invocation, args[0]);
  const text = await unsealedText(invocation, workspace, place);
  if (out === undefined) {
    await output.bytes(new TextEncoder().encode(text));
    return 0;
  }
  await writeOwnedFile(resolve(io.cwd, out), new TextEncoder().encode(text), { exclusive: true });
  if (output.json) output.document({ file: out });
  output.note(`wrote ${out}; it is readable, so keep it out of git`);
  return 0;
}

async function unsealedText(invocation: Invocation, workspace: Workspace, place: SealedPlace): Promise<string> {
  const format = textOption(invocation, 'format') ?? 'dotenv';
  const file = await readSealed(place);
  if (format === 'dotenv') return formatDotenv(unsealedEnvironment(file, workspace.config.inventory));
  if (format === 'yaml') return (await formatDocument(textsOf(file))).text;
  throw new KeywardError('invalid', 'there is no such format', { advice: 'Use one of dotenv, yaml.' });
}
