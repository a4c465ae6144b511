import { changeInput } from '../change-input.js';
import { type Rollout, RolloutFailure } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';
import { runTool, toolFailure } from '../run-tool.js';

export interface ExecRolloutOptions {
  readonly command: readonly string[];
  /** Names of variables that it gets. */
  readonly variables?: readonly string[] | undefined;
}

/** The exit status by which the program says no, so that no accident is taken for it. */
const refusedStatus = 3;

/**
 * A program that tells consumers. It gets JSON on standard input (`changeInput`). Exit status 0 says that all of them have
 * the value, 3 that they do not work with it; any other leaves open what happened.
 */
export function createExecRollout({ command, variables }: ExecRolloutOptions, context: RolloutContext): Rollout {
  const name = `exec ${command[0]}`;
  return {
    name,
    async apply(change) {
      const input = changeInput(change);
      const tool = { command, input, variables, name };
      const { status, output } = await runTool(tool, context).finally(() => input.fill(0));
      output.fill(0);
      if (status === refusedStatus) throw new RolloutFailure(name, 'answered no');
      if (status !== 0) throw toolFailure(tool, status);
    },
    pending: async () => undefined,
  };
}
