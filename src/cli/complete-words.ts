import type { CommandSpec, OptionSpec } from './command.js';
import { lookUp, verbs } from './command-table.js';
import { globalOptions, helpOption, namesOf, takesValue } from './parse.js';

/** Names of the project that a person may mean; asked for only where they fit. */
export interface KnownNames {
  /** Paths of the inventory, and their fields. */
  readonly secrets: readonly string[];
  readonly providers: readonly string[];
  readonly environments: readonly string[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * What could stand in the place of the last word, sorted; nothing where a file name or a value is due. Only names that
 * Keyward or the project's configuration has, never what was typed.
 *
 * @param words what follows the program's name; the last one is being typed, and may be empty.
 */
export async function completeWords(
  words: readonly string[],
  names: () => Promise<KnownNames>,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const candidates = await candidatesAfter(before, current, names);
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(current)).sort();
}

async function candidatesAfter(
  before: readonly string[],
  current: string,
  names: () => Promise<KnownNames>,
): Promise<readonly string[]> {
  const [first, second] = before;
  const firstWords = verbs.flatMap((verb) => verb.split(' ')[0] ?? []);
  if (first === undefined) return firstWords;
  if (first === 'help') return second === undefined ? firstWords : secondWords(second);
  if (first === 'completion') return second === undefined ? shells : [];
  const found = await lookUp(before);
  if (found === undefined) return before.length === 1 ? secondWords(first) : [];
  const { spec } = found.command;
  if (found.rest.includes('--')) return [];
  const options = [...spec.options, ...globalOptions, helpOption];
  const taken = options.find((option) => takesValue(option) && namesOf(option).includes(before.at(-1) ?? ''));
  if (taken !== undefined) return valuesOf(taken, names);
  return current.startsWith('-') ? options.flatMap(namesOf) : argumentsOf(spec, names);
}

function secondWords(group: string): readonly string[] {
  return verbs.flatMap((verb) => (verb.startsWith(`${group} `) ? [verb.slice(group.length + 1)] : []));
}

async function valuesOf(option: OptionSpec, names: () => Promise<KnownNames>): Promise<readonly string[]> {
  const known = namesOf(option);
  if (known.includes('--env') || known.includes('--to')) return (await names()).environments;
  return known.includes('--provider') ? (await names()).providers : [];
}

async function argumentsOf({ usage }: CommandSpec, names: () => Promise<KnownNames>): Promise<readonly string[]> {
  return /\b(?:path|paths|ref|refs|directory)\b/.test(usage) ? (await names()).secrets : [];
}
