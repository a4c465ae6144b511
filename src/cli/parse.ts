import { closest } from '../core/closest.js';
import { KeywardError } from '../core/errors.js';
import type { CommandSpec, GlobalOptions, OptionSpec, OptionValue } from './command.js';

export const globalOptions: readonly OptionSpec[] = [
  { flags: '--env <name>', description: 'environment to use, before KEYWARD_ENV and NODE_ENV' },
  { flags: '--config <file>', description: 'configuration file, instead of the keyward.yaml found upwards' },
  { flags: '--json', description: 'answer as JSON' },
  { flags: '-q, --quiet', description: 'no remarks, only results, warnings and errors' },
];

export const helpOption: OptionSpec = { flags: '-h, --help', description: 'say how to use this command' };

export interface ParsedArguments {
  readonly args: readonly string[];
  /** By long name, in camel case; `--no-values` is `values`, false where it was given and true otherwise. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly global: GlobalOptions;
  /** Whether it was asked for; the rest may be incomplete then. */
  readonly help: boolean;
}

/**
 * Options may stand anywhere before `--`: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-qr` for `-q -r`. With
 * `passThrough`, everything after the first argument is left as it is. Of an option that is given twice the last counts,
 * unless it is repeatable.
 *
 * @throws KeywardError `invalid` for arguments that the command does not take; it never repeats a value.
 */
export function parseArguments(spec: CommandSpec, argv: readonly string[]): ParsedArguments {
  const reader = new ArgumentReader(spec, argv);
  reader.read();
  const { args, problem } = reader;
  const { env, config, json, quiet, help, ...options } = reader.options;
  if (help !== true) {
    const complaint = problem ?? countProblem(spec, args.length);
    if (complaint !== undefined) throw complaint;
  }
  const text = (value: OptionValue) => (typeof value === 'string' ? value : undefined);
  const global = { environment: text(env), configFile: text(config), json: json === true, quiet: quiet === true };
  return { args, options, global, help: help === true };
}

/** `-r, --reveal` → `-r`, `--reveal`. */
export function namesOf({ flags }: OptionSpec): readonly string[] {
  return flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));
}

export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes('<');
}

class ArgumentReader {
  readonly args: string[] = [];
  readonly options: Record<string, OptionValue> = {};
  /** The first thing that is wrong: help is given all the same. */
  problem: KeywardError | undefined;
  readonly #spec: CommandSpec;
  readonly #known = new Map<string, OptionSpec>();
  readonly #words: Iterator<string>;

  constructor(spec: CommandSpec, argv: readonly string[]) {
    this.#spec = spec;
    this.#words = argv.values();
    for (const option of [...spec.options, ...globalOptions, helpOption]) {
      for (const name of namesOf(option)) this.#known.set(name, option);
      if (option.flags.startsWith('--no-')) this.options[keyOf(option)] = true;
    }
  }

  read(): void {
    let isOver = false;
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (!isOver && word === '--') isOver = true;
      else if (!isOver && word.startsWith('--')) this.#readLong(word);
      else if (!isOver && word.startsWith('-') && word !== '-') this.#readShort(word.slice(1));
      else {
        this.args.push(word);
        isOver ||= this.#spec.passThrough === true;
      }
    }
  }

  #next(): string | undefined {
    const { value, done } = this.#words.next();
    return done === true ? undefined : value;
  }

  #readLong(word: string): void {
    const end = word.indexOf('=');
    const name = end < 0 ? word : word.slice(0, end);
    const option = this.#known.get(name);
    const value = end < 0 ? undefined : word.slice(end + 1);
    if (option === undefined || (value !== undefined && !takesValue(option))) this.#noSuchOption(name);
    else this.#take(option, value);
  }

  #readShort(letters: string): void {
    const option = this.#known.get(`-${letters[0]}`);
    const rest = letters.slice(1) || undefined;
    if (option === undefined) {
      this.#noSuchOption(undefined);
      return;
    }
    this.#take(option, takesValue(option) ? rest : undefined);
    if (rest !== undefined && !takesValue(option)) this.#readShort(rest);
  }

  #take(option: OptionSpec, attached: string | undefined): void {
    const key = keyOf(option);
    if (!takesValue(option)) {
      this.options[key] = !option.flags.startsWith('--no-');
      return;
    }
    const value = attached ?? this.#next();
    if (value === undefined)
      this.problem ??= usageError(this.#spec, `an option of keyward ${this.#spec.name} needs a value`);
    else if (option.repeatable !== true) this.options[key] = value;
    else {
      const before = this.options[key];
      this.options[key] = [...(Array.isArray(before) ? before : []), value];
    }
  }

  #noSuchOption(long: string | undefined): void {
    const meant =
      long &&
      closest(
        long,
        [...this.#known.keys()].filter((name) => name.startsWith('--')),
      );
    this.problem ??= usageError(this.#spec, `keyward ${this.#spec.name} has no such option`, meant);
  }
}

/** `--no-values` → `values`, `--if-version <version>` → `ifVersion`. */
function keyOf(option: OptionSpec): string {
  const name = namesOf(option).at(-1) ?? '';
  return name.replace(/^--(?:no-)?/, '').replaceAll(/-[a-z]/g, (part) => part.slice(1).toUpperCase());
}

function countProblem(spec: CommandSpec, count: number): KeywardError | undefined {
  const { name, usage } = spec;
  const words = usage.split(' ').filter((word) => word !== '');
  if (count < words.filter((word) => word.startsWith('<')).length) {
    return usageError(spec, `keyward ${name} needs: ${usage}`);
  }
  if (count <= words.length || /\.\.\.[\]>]$/.test(usage)) return undefined;
  return usageError(spec, `keyward ${name} takes only: ${usage || 'no arguments'}`);
}

function usageError(spec: CommandSpec, message: string, meant?: string): KeywardError {
  const advice = `See: keyward ${spec.name} --help`;
  return new KeywardError('invalid', message, {
    advice: meant === undefined ? advice : `Did you mean ${meant}? ${advice}`,
  });
}
