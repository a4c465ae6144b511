import { KeywardError } from '../../../core/errors.js';
import { type ProgramResult, runProgram } from '../../../host/run-program.js';
import type { RolloutContext } from './rollout-kind.js';

export interface Tool {
  readonly command: readonly string[];
  readonly input?: Uint8Array | undefined;
  /** Of the variables of this process, those that it gets beside PATH, HOME and LANG. */
  readonly variables?: readonly string[] | undefined;
  /** Of the roll-out, for messages. */
  readonly name: string;
}

/** It has to end before another process may go on in the place of this one. */
const timeoutMs = 240_000;
const maxBytes = 1024 * 1024;

/** Runs a program without a shell, in the project's folder. @throws KeywardError as `runProgram` */
export function runTool(
  { command, input, variables = [], name }: Tool,
  context: RolloutContext,
): Promise<ProgramResult> {
  const [program = '', ...args] = command;
  const { folder, env, clock } = context;
  const given = Object.fromEntries(['PATH', 'HOME', 'LANG', ...variables].map((variable) => [variable, env[variable]]));
  return runProgram({
    command: program,
    args,
    cwd: folder,
    env: given,
    input,
    timeoutMs,
    maxBytes,
    clock,
    store: name,
  });
}

/** What it printed. @throws KeywardError `unavailable` unless it ended with 0, and as `runTool`. */
export async function askTool(tool: Tool, context: RolloutContext): Promise<string> {
  const { status, output } = await runTool(tool, context);
  if (status === 0) return output.toString('utf8');
  throw toolFailure(tool, status);
}

/** Left open what happened. Names no argument: one may be of a person's own. */
export function toolFailure({ name, command }: Tool, status: number | undefined): KeywardError {
  const how = status === undefined ? 'was ended by a signal' : `ended with status ${status}`;
  return new KeywardError('unavailable', `${name}: ${command[0]} ${how}`, {
    store: name,
    advice: 'Run it by hand to see what it says.',
  });
}
