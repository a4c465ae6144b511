import { closest } from '../core/closest.js';
import { KeywardError } from '../core/errors.js';
import { verbs } from './command-table.js';

/** Never repeats what was typed, unless it is nearly a word of ours: it could be a secret in the wrong place. */
export function unknownCommand(typed: string): KeywardError {
  const group = verbs.filter((verb) => verb.startsWith(`${typed} `));
  if (group.length > 0) {
    return new KeywardError('invalid', `keyward ${typed} is not a whole command`, {
      advice: `Use one of: ${group.map((verb) => `keyward ${verb}`).join(', ')}.`,
    });
  }
  const meant = closest(typed, verbs);
  if (meant === undefined) {
    return new KeywardError('invalid', 'there is no such command', { advice: 'See all of them with: keyward help' });
  }
  return new KeywardError('invalid', `there is no command ${typed}`, { advice: `Did you mean: keyward ${meant}` });
}
