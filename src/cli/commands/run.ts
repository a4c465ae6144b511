import { KeywardError } from '../../core/errors.js';
import { isOwnCredential, isRefusedForInjection } from '../../core/injection-rules.js';
import { notFound, runChild } from '../../host/child-process.js';
import { collectEnvironment } from '../collect-environment.js';
import { type Command, flagOption, type Invocation, listOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'run',
    summary: 'Start a program with its secrets in the environment',
    usage: '<program> [arguments...]',
    passThrough: true,
    description: [
      'Every secret of the inventory is read through the chain and given to the program under its environment name.',
      'A name that the environment has already is kept as it is, and said; --overwrite lets the secret win.',
      'The program takes our place: exit status, signals and terminal are its own. The store is closed before it starts.',
    ],
    options: [
      { flags: '--overwrite', description: 'secrets win over names that the environment has already' },
      {
        flags: '--allow-name <name>',
        description: 'give this name although it can change how programs run; may be repeated',
        repeatable: true,
      },
    ],
    examples: [
      { command: 'keyward run -- node bot.js', explanation: 'a program that only knows its environment' },
      { command: "keyward run -- sh -c 'echo $DATABASE_URL'", explanation: 'single quotes: the inner shell expands' },
    ],
    exitStatuses: {
      126: 'the program may not be executed',
      127: 'there is no such program',
      128: 'and more: 128 and the number of the signal that ended the program; any other status is its own',
    },
  },
  run: async (invocation) => {
    const [program = '', ...args] = invocation.args;
    const injected = await withWorkspace(invocation, async (workspace) => {
      if (workspace.config.file === undefined) {
        throw new KeywardError('config', 'there is no keyward.yaml here or above, so nothing says what to give', {
          advice: 'Run: keyward init --from .env',
        });
      }
      if (workspace.config.inventory.size === 0) {
        invocation.output.note(`remark: ${workspace.config.file} lists no secrets; the program gets none`);
      }
      const values = await collectEnvironment(workspace);
      return new Map([...values].map(([name, { secret }]) => [name, secret.expose()]));
    });
    const env = childEnvironment(invocation, injected);
    return runChild({
      command: program,
      args,
      env,
      cwd: invocation.io.cwd,
      onNotStarted: (status) => {
        const problem = status === notFound ? 'there is no such program' : 'the program may not be executed';
        invocation.output.note(`keyward: ${problem} (exit status ${status})`);
      },
    });
  },
};

export default command;

/** @throws KeywardError `config` naming the names that are refused, before anything starts. */
function childEnvironment(
  invocation: Invocation,
  injected: ReadonlyMap<string, string>,
): Readonly<Record<string, string | undefined>> {
  const allowed = new Set(listOption(invocation, 'allowName'));
  const refused = [...injected.keys()].filter((name) => isRefusedForInjection(name) && !allowed.has(name));
  if (refused.length > 0) {
    throw new KeywardError('config', `refused to set ${refused.join(', ')}: it changes how programs run`, {
      advice: `If it is meant, allow it by name: keyward run ${refused.map((name) => `--allow-name ${name}`).join(' ')} -- …`,
    });
  }
  const own = Object.entries(invocation.io.env).filter(([name]) => !isOwnCredential(name));
  const env: Record<string, string | undefined> = Object.fromEntries(own);
  const kept: string[] = [];
  for (const [name, value] of injected) {
    if (env[name] !== undefined && !flagOption(invocation, 'overwrite')) kept.push(name);
    else env[name] = value;
  }
  if (kept.length > 0)
    invocation.output.note(`kept from the environment: ${kept.join(', ')} (--overwrite replaces them)`);
  return env;
}
