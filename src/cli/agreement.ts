import { KeywardError } from '../core/errors.js';
import { flagOption, type Invocation, type OptionSpec } from './command.js';
import { confirm, confirmByTyping } from './prompt.js';

export const yesOption: OptionSpec = { flags: '-y, --yes', description: 'do it without being asked' };

/**
 * Whether the person agrees to what cannot be taken back: by `--yes`, or at the terminal. A no is said.
 *
 * @throws KeywardError `invalid` when nobody can be asked.
 */
export async function agreesTo(invocation: Invocation, question: string): Promise<boolean> {
  return answered(invocation, () => confirm(invocation.io, question));
}

/** As `agreesTo`, where agreeing means to type this word: for what a habitual yes must not do. */
export async function agreesToName(invocation: Invocation, question: string, word: string): Promise<boolean> {
  return answered(invocation, () => confirmByTyping(invocation.io, question, word));
}

async function answered(invocation: Invocation, ask: () => Promise<boolean | undefined>): Promise<boolean> {
  if (flagOption(invocation, 'yes')) return true;
  const answer = await ask();
  if (answer === undefined) {
    throw new KeywardError('invalid', 'there is no terminal to ask at; nothing was changed', {
      advice: 'If it is meant, add --yes.',
    });
  }
  if (!answer) invocation.output.note('nothing was changed');
  return answer;
}
