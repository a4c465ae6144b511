import { closest } from '../compose/config-issues.js';
import { KeywardError } from '../core/errors.js';
import type { Command } from './command.js';
import { commandTable, lookUp } from './command-table.js';

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
  const found = await lookUp(first === '--version' || first === '-V' ? ['version', ...rest] : argv);
  if (found !== undefined) return found;
  throw unknownCommand(first);
}

/** Never repeats what was typed, unless it is a word of ours: it could be a secret in the wrong place. */
export function unknownCommand(typed: string): KeywardError {
  const verbs = Object.keys(commandTable);
  const group = verbs.filter((verb) => verb.startsWith(`${typed} `));
  if (group.length > 0) {
    return new KeywardError('invalid', `keyward ${typed} is not a whole command`, {
      advice: `Use one of: ${group.map((verb) => `keyward ${verb}`).join(', ')}.`,
    });
  }
  const meant = closest(typed, verbs);
  return new KeywardError('invalid', 'there is no such command', {
    advice: meant === undefined ? 'See all of them with: keyward help' : `Did you mean: keyward ${meant}`,
  });
}
