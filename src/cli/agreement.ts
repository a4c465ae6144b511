import { KeywardError } from '../core/errors.js';
import { flagOption, type Invocation, type OptionSpec } from './command.js';
import { confirm } from './prompt.js';

export const yesOption: OptionSpec = { flags: '-y, --yes', description: 'do it without being asked' };

/**
 * Whether the person agrees to what cannot be taken back: by `--yes`, or at the terminal. A no is said.
 *
 * @throws KeywardError `invalid` when nobody can be asked.
 */
export async function agreesTo(invocation: Invocation, question: string): Promise<boolean> {
  if (flagOption(invocation, 'yes')) return true;
  const answer = await confirm(invocation.io, question);
  if (answer === undefined) {
    throw new KeywardError('invalid', 'there is no terminal to ask at; nothing was changed', {
      advice: 'If it is meant, add --yes.',
    });
  }
  if (!answer) invocation.output.note('nothing was changed');
  return answer;
}
