import { KeywardError } from '../../core/errors.js';
import { formatRef } from '../../core/ref.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { completeWords, type KnownNames, shells } from '../complete-words.js';
import { completionScripts } from '../completion-scripts.js';

const command: Command = {
  spec: {
    name: 'completion',
    summary: 'Completion of commands, options and names for bash, zsh or fish',
    usage: '[shell] [words...]',
    description: [
      'Prints a script for your shell to source. Names of secrets, fields and providers are those of keyward.yaml: no',
      'store is opened, nothing is asked, no value is read and nothing is noted in the audit log.',
    ],
    options: [
      { flags: '--words', description: 'complete the last of the words after --; this is what the scripts call' },
    ],
    examples: [
      {
        command: 'keyward completion bash >> ~/.bashrc',
        explanation: 'or in ~/.bashrc: source <(keyward completion bash)',
      },
      { command: 'keyward completion fish | source', explanation: 'for this session of fish' },
    ],
  },
  run: (invocation) => (flagOption(invocation, 'words') ? complete(invocation) : print(invocation)),
};

export default command;

async function print({ args, output }: Invocation): Promise<number> {
  const shell = shells.find((known) => known === args[0]);
  if (shell === undefined || args.length > 1) {
    throw new KeywardError('invalid', `completion needs a shell: ${shells.join(', ')}`, {
      advice: 'For example: keyward completion bash',
    });
  }
  const script = completionScripts[shell];
  if (output.json) output.document({ shell, script });
  else output.line(script.trimEnd());
  return 0;
}

/** A person in the middle of a line is not to be disturbed: what cannot be found out is not offered. */
async function complete(invocation: Invocation): Promise<number> {
  const candidates = await completeWords(invocation.args, () => namesOf(invocation)).catch(() => []);
  if (invocation.output.json) invocation.output.document(candidates);
  else for (const candidate of candidates) invocation.output.line(candidate);
  return 0;
}

/** A field's name may hold anything, and bash puts it on the line as it is: only what no shell reads otherwise is offered. */
const plainWord = /^[A-Za-z0-9_.+=@%-]+$/;

async function namesOf(invocation: Invocation): Promise<KnownNames> {
  const { loadConfig } = await import('../../compose/load-config.js');
  const { loadOptions } = await import('../load-options.js');
  const config = await loadConfig(loadOptions(invocation));
  const { inventory, providers = [], environment } = config;
  return {
    secrets: [...inventory.values()].flatMap(({ path, fields = [] }) => [
      path,
      ...fields.filter((field) => plainWord.test(field)).map((field) => formatRef({ path, field })),
    ]),
    providers: providers.map(({ kind, options }) => options.name ?? kind),
    environments: [environment, 'development', 'staging', 'production'],
  };
}
