import { errorTable, toKeywardError } from '../core/errors.js';
import type { Command } from './command.js';
import { findCommand } from './find-command.js';
import type { CliIo } from './io.js';
import { createOutput, type Output } from './output/output.js';
import { parseArguments } from './parse.js';

/** Runs one command and answers the exit status. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let output = createOutput(io, { json: ownArguments(argv).includes('--json'), quiet: false });
  try {
    const { command, rest } = await findCommand(argv);
    const parsed = parseArguments(command.spec, rest);
    output = createOutput(io, parsed.global);
    const status = await (parsed.help ? help(command, output) : command.run({ ...parsed, io, output }));
    output.assertTaken();
    return status;
  } catch (error) {
    const known = toKeywardError(error, 'the command');
    output.error(known);
    if (known.code === 'internal' && io.env['KEYWARD_DEBUG'] === '1') io.stderr.write(`${framesOf(error)}\n`);
    return errorTable[known.code].exitCode;
  }
}

async function help({ spec }: Command, output: Output): Promise<number> {
  const { helpText } = await import('./help-text.js');
  if (output.json) output.document(spec);
  else output.line(helpText(spec));
  return 0;
}

/** Where it happened, without the message: that of a foreign error may quote a value. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** What stands before `--`; the rest belongs to another program. */
function ownArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}
