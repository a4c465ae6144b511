import type { Command } from './command.js';
import { lookUp } from './command-table.js';
import { unknownCommand } from './unknown-command.js';

/**
 * The command that the arguments name, `help` when there are none, and the arguments that are left for it.
 *
 * @throws KeywardError `invalid` for a verb that does not exist.
 */
export async function findCommand(
  argv: readonly string[],
): Promise<{ readonly command: Command; readonly rest: readonly string[] }> {
  const [first, ...rest] = argv;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    return { command: (await import('./commands/help.js')).default, rest };
  }
  if (first === 'completion') return { command: (await import('./commands/completion.js')).default, rest };
  const found = await lookUp(first === '--version' || first === '-V' ? ['version', ...rest] : argv);
  if (found !== undefined) return found;
  throw unknownCommand(first);
}
