import { constants } from 'node:os';
import { resolve } from 'node:path';
import { parseDuration } from '../../core/duration.js';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import { flagOption, type Invocation, listOption, textOption } from '../command.js';
import { baseEnvironment } from './child-environment.js';

/** How `run` was told to start the program. */
export interface RunPlan {
  readonly program: string;
  readonly args: readonly string[];
  /** What to give, instead of what the inventory lists. */
  readonly paths: readonly Path[] | undefined;
  readonly only: ReadonlySet<string> | undefined;
  readonly override: boolean;
  readonly allowed: ReadonlySet<string>;
  /** What the environment holds beside the values. */
  readonly base: Readonly<Record<string, string | undefined>>;
  /** Whether the values are given as files, and where those must lie. */
  readonly files: { readonly inFolder: string | undefined } | undefined;
  readonly redact: boolean;
  /** What follows a change of a value. */
  readonly watch: { readonly signal: NodeJS.Signals | undefined; readonly killAfterMs: number } | undefined;
}

const defaultKillAfter = '10s';

/** @throws KeywardError `invalid` for options that cannot be meant, and for an environment in which values get printed. */
export function planOf(invocation: Invocation): RunPlan {
  refusePrintedEnvironment(invocation.io.env['NODE_DEBUG']);
  const [program = '', ...args] = invocation.args;
  const paths = listOption(invocation, 'path').map(parsePath);
  const only = listOption(invocation, 'only');
  const keep = listOption(invocation, 'keep');
  const filesDir = textOption(invocation, 'filesDir');
  const isPristine = flagOption(invocation, 'pristine');
  const isWatched = flagOption(invocation, 'watch');
  refuseWithout(isPristine, '--pristine', keep.length > 0 && '--keep');
  refuseWithout(isWatched, '--watch', textOption(invocation, 'onChange') !== undefined && '--on-change');
  refuseWithout(isWatched, '--watch', textOption(invocation, 'killAfter') !== undefined && '--kill-after');
  return {
    program,
    args,
    paths: paths.length > 0 ? paths : undefined,
    only: only.length > 0 ? new Set(only) : undefined,
    override: flagOption(invocation, 'override'),
    allowed: new Set(listOption(invocation, 'allowName')),
    base: baseEnvironment(invocation.io.env, isPristine ? new Set(keep) : undefined),
    files:
      flagOption(invocation, 'files') || filesDir !== undefined
        ? { inFolder: filesDir === undefined ? undefined : resolve(invocation.io.cwd, filesDir) }
        : undefined,
    redact: flagOption(invocation, 'redact'),
    watch: isWatched
      ? {
          signal: signalOf(textOption(invocation, 'onChange') ?? 'restart'),
          killAfterMs: parseDuration(textOption(invocation, 'killAfter') ?? defaultKillAfter),
        }
      : undefined,
  };
}

function refuseWithout(isGiven: boolean, option: string, needsIt: string | false): void {
  if (needsIt === false || isGiven) return;
  throw new KeywardError('invalid', `${needsIt} means something only with ${option}`, { advice: `Add ${option}.` });
}

function signalOf(action: string): NodeJS.Signals | undefined {
  if (action === 'restart') return undefined;
  const signal = Object.keys(constants.signals).find((name): name is NodeJS.Signals => name === action);
  if (signal !== undefined) return signal;
  throw new KeywardError('invalid', '--on-change takes restart or the name of a signal', {
    advice: 'Write --on-change restart, or a signal such as SIGHUP.',
  });
}

/** Node itself prints the whole environment of what it starts when this part of it is to be debugged. */
function refusePrintedEnvironment(nodeDebug: string | undefined): void {
  const isPrinted = nodeDebug?.split(',').some((part) => {
    const pattern = part.replaceAll(/[|\\{}()[\]^$+?.]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${pattern}$`, 'i').test('child_process');
  });
  if (isPrinted !== true) return;
  throw new KeywardError('invalid', 'with this NODE_DEBUG, Node prints the environment of the program, values too', {
    advice:
      'Take child_process out of NODE_DEBUG, or set it for the program alone: keyward run -- env NODE_DEBUG=… <program>',
  });
}
