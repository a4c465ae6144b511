import { CommanderError, Command as Parser } from 'commander';
import { closest } from '../core/closest.js';
import { KeywardError } from '../core/errors.js';
import type { CommandSpec, GlobalOptions, OptionSpec, OptionValue } from './command.js';

export const globalOptions: readonly OptionSpec[] = [
  { flags: '--env <name>', description: 'environment to use, before KEYWARD_ENV and NODE_ENV' },
  { flags: '--config <file>', description: 'configuration file, instead of the keyward.yaml found upwards' },
  { flags: '--json', description: 'answer as JSON' },
  { flags: '-q, --quiet', description: 'no remarks, only results, warnings and errors' },
];

export interface ParsedArguments {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly global: GlobalOptions;
  /** The help text, when it was asked for. */
  readonly help: string | undefined;
}

/** @throws KeywardError `invalid` for arguments that the command does not take; it never repeats a value. */
export function parseArguments(spec: CommandSpec, argv: readonly string[]): ParsedArguments {
  const parser = createParser(spec);
  let help: string | undefined;
  parser.configureOutput({ writeOut: (text) => (help = `${help ?? ''}${text}`), writeErr: () => undefined });
  try {
    parser.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code !== 'commander.helpDisplayed') throw usageError(spec, error);
  }
  const { env, config, json, quiet, ...options } = parser.opts();
  return {
    args: parser.args,
    options,
    global: { environment: env, configFile: config, json: json === true, quiet: quiet === true },
    help,
  };
}

function createParser(spec: CommandSpec): Parser {
  const parser = new Parser(`keyward ${spec.name}`).exitOverride().showSuggestionAfterError(true);
  parser.summary(spec.summary).description(`${spec.summary}.\n${spec.description.join(' ')}`.trimEnd());
  for (const argument of spec.usage.split(' ').filter((word) => word !== '' && word !== '--'))
    parser.argument(argument);
  for (const { flags, description, repeatable } of [...spec.options, ...globalOptions]) {
    if (repeatable === true) parser.option(flags, description, (value, before: string[] = []) => [...before, value]);
    else parser.option(flags, description);
  }
  if (spec.passThrough === true) parser.passThroughOptions();
  parser.addHelpText('after', helpTail(spec));
  return parser;
}

function helpTail(spec: CommandSpec): string {
  const examples = spec.examples.map(({ command, explanation }) => `  ${command}\n      ${explanation}`);
  const statuses = Object.entries(spec.exitStatuses ?? {}).map(([status, meaning]) => `  ${status}  ${meaning}`);
  return [
    examples.length > 0 ? `\nExamples:\n${examples.join('\n')}` : '',
    statuses.length > 0 ? `\nExit status:\n${statuses.join('\n')}` : '',
  ].join('\n');
}

/** commander repeats what was typed, which could be a secret in the wrong place; our own words are safe. */
function usageError(spec: CommandSpec, error: CommanderError): KeywardError {
  const messages: Readonly<Record<string, string>> = {
    'commander.missingArgument': `keyward ${spec.name} needs: ${spec.usage}`,
    'commander.excessArguments': `keyward ${spec.name} takes only: ${spec.usage || 'no arguments'}`,
    'commander.optionMissingArgument': `an option of keyward ${spec.name} needs a value`,
    'commander.unknownOption': `keyward ${spec.name} has no such option`,
  };
  const message = messages[error.code] ?? `keyward ${spec.name} does not take these arguments`;
  const typed = /^error: unknown option '(--[^'=]+)/.exec(error.message)?.[1];
  const meant = typed && closest(typed, longOptions(spec));
  const advice = `See: keyward ${spec.name} --help`;
  return new KeywardError('invalid', message, {
    advice: meant === undefined ? advice : `Did you mean ${meant}? ${advice}`,
  });
}

function longOptions(spec: CommandSpec): readonly string[] {
  return [...spec.options, ...globalOptions].flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []);
}
