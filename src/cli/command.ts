import type { CliIo } from './io.js';
import type { Output } from './output/output.js';

export interface OptionSpec {
  /** `-r, --reveal`, `--provider <name>`, `--no-values`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; its value is a list. */
  readonly repeatable?: boolean;
}

export interface ExampleSpec {
  readonly command: string;
  readonly explanation: string;
}

/** What a command is called and takes: the help, the documentation and the parser are all made from it. */
export interface CommandSpec {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Arguments as in the usage line: `<path>`, `[fields...]`. */
  readonly usage: string;
  readonly description: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly ExampleSpec[];
  /** Exit statuses beyond those of the error table. */
  readonly exitStatuses?: Readonly<Record<number, string>>;
  /** Everything after the first argument belongs to another program. */
  readonly passThrough?: boolean;
}

export type OptionValue = string | boolean | readonly string[] | undefined;

/** Options that every command has. */
export interface GlobalOptions {
  readonly environment: string | undefined;
  readonly configFile: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly global: GlobalOptions;
  readonly io: CliIo;
  readonly output: Output;
}

export interface Command {
  readonly spec: CommandSpec;
  /** Answers the exit status. @throws KeywardError, which becomes the exit status of its code. */
  run(invocation: Invocation): Promise<number>;
}

/** The option's text. @throws never: the parser has made sure that it is one or absent. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flagOption(invocation: Invocation, name: string): boolean {
  return invocation.options[name] === true;
}

export function listOption(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.options[name];
  return Array.isArray(value) ? value : [];
}
