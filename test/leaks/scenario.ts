import type { Canary, Sinks } from '../system/canaries.js';
import { Laptop, type Ran, type RunOptions } from '../system/cli.js';
import { type KeptLaptop, watchFiles } from './kept-laptop.js';

/** Stands in a scenario for a value; each of the canaries takes its place in turn. */
export const canary = '<canary>';

/** One call of a command, on a laptop whose store and `.env` hold every canary. */
export interface Scenario {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** What a person types at the questions; there is a terminal when this is given. */
  readonly typed?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that the person has in the project; those that end in .sh can be executed. */
  readonly files?: Readonly<Record<string, string>>;
  /** Calls that come first, with a harmless standard input. */
  readonly before?: readonly (readonly string[])[];
  /** On a laptop where Keyward was never used. */
  readonly isFirst?: true;
  /** Takes seconds, and is called with one value. */
  readonly isSlow?: true;
  /** Where the values belong: `stdout`, or files below the home that the call writes. */
  readonly shows?: readonly string[];
}

/** How much a command says. */
export interface Level {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const levels: readonly Level[] = [
  { options: [], env: {} },
  { options: ['--json'], env: {} },
  { options: ['--quiet'], env: {} },
  { options: [], env: { KEYWARD_DEBUG: '1' } },
];

/** Whether the scenario takes a value from outside; it is then called with each of them. */
export function takesValue(scenario: Scenario): boolean {
  return JSON.stringify(scenario).includes(canary);
}

/** Whether it can be any bytes. */
export function takesBytes({ stdin, ...rest }: Scenario): boolean {
  return stdin === canary && !JSON.stringify(rest).includes(canary);
}

export interface Performed {
  readonly ran: Ran;
  /** Everything that the call said or wrote. */
  readonly sinks: Sinks;
}

/** Calls the command. @param breakIt what happens to the laptop before the call. */
export async function perform(
  kept: KeptLaptop,
  scenario: Scenario,
  value: Canary,
  level: Level,
  breakIt: (laptop: Laptop) => RunOptions = () => ({}),
): Promise<Performed> {
  const laptop = scenario.isFirst ? new Laptop() : kept.restored();
  const withValue = (text: string) => text.replaceAll(canary, () => value.bytes.toString());
  try {
    for (const [name, content] of Object.entries(scenario.files ?? {})) {
      laptop.write(name, withValue(content), name.endsWith('.sh') ? 0o755 : 0o644);
    }
    for (const args of scenario.before ?? []) await laptop.ok(args, { stdin: 'harmless' });
    const entries = Object.entries(scenario.env ?? {}).map(([name, text]) => [name, withValue(text)]);
    const broken = breakIt(laptop);
    const written = watchFiles(laptop);
    const stdin = scenario.stdin === canary ? value.bytes : withValue(scenario.stdin ?? '');
    const env = { ...Object.fromEntries(entries), ...level.env, ...broken.env };
    const options = { ...broken, env, stdin };
    const args = withOptions(scenario.args, level.options).map(withValue);
    const typed = scenario.typed?.map(withValue);
    const ran = await (typed ? laptop.runAtTerminal(args, { ...options, typed }) : laptop.run(args, options));
    const said = [['stdout', ran.bytes] as const, ['stderr', Buffer.from(ran.stderr)] as const];
    return { ran, sinks: new Map([...said, ...written()]) };
  } finally {
    if (scenario.isFirst) laptop.remove();
  }
}

/** Before the first argument that is no option and no verb, since what follows may belong to another program. */
function withOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? [...args, ...options] : [...args.slice(0, end), ...options, ...args.slice(end)];
}
