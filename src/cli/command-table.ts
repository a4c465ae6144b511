import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';
import type { Command } from './command.js';

/** Every command by its verb. Only the one that is called is loaded. */
export const commandTable = {} as const satisfies Readonly<Record<string, () => Promise<Command>>>;

export type Verb = keyof typeof commandTable;

/**
 * The command that the arguments name; `help` when there are none. Verbs of two words (`audit verify`) win over those
 * of one.
 *
 * @throws KeywardError `invalid` naming the verb that was probably meant.
 */
export async function findCommand(argv: readonly string[]): Promise<{ command: Command; rest: readonly string[] }> {
  const table: Readonly<Record<string, () => Promise<Command>>> = commandTable;
  const [first = 'help', second] = normalise(argv);
  const rest = normalise(argv).slice(1);
  const two = second === undefined ? undefined : table[`${first} ${second}`];
  if (two !== undefined) return { command: await two(), rest: rest.slice(1) };
  const one = table[first];
  if (one !== undefined) return { command: await one(), rest };
  throw new KeywardError('invalid', `there is no command ${quoted(first)}`, {
    advice: 'See all of them with: keyward help',
  });
}

function normalise(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return ['help', ...rest];
  if (first === '--version' || first === '-V') return ['version', ...rest];
  return argv;
}
