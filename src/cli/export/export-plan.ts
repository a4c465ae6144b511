import { resolve } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import { isTextFormat, type TextFormat, textFormats } from '../../lifecycle/transfer/export-text.js';
import { flagOption, type Invocation, listOption, textOption } from '../command.js';

/** How `export` was told to write. */
export interface ExportPlan {
  readonly format: TextFormat | 'dir' | 'systemd' | 'swarm';
  readonly layout: 'flat' | 'nested';
  /** What to export, instead of what the inventory lists. */
  readonly paths: readonly Path[] | undefined;
  readonly only: ReadonlySet<string> | undefined;
  readonly allowed: ReadonlySet<string>;
  /** Absolute; standard output when absent. */
  readonly out: string | undefined;
  readonly force: boolean;
}

/** @throws KeywardError `invalid` for options that cannot be meant. */
export function exportPlanOf(invocation: Invocation): ExportPlan {
  const { io } = invocation;
  const format = textOption(invocation, 'format') ?? 'dotenv';
  const layout = textOption(invocation, 'layout') ?? 'flat';
  const paths = listOption(invocation, 'path').map(parsePath);
  const only = listOption(invocation, 'only');
  const out = textOption(invocation, 'out') ?? (format === 'github' ? io.env['GITHUB_ENV'] : undefined);
  const isFolder = format === 'dir' || format === 'systemd';
  if (!isFolder && format !== 'swarm' && !isTextFormat(format)) {
    throw invalid('there is no such format', `Use one of ${[...textFormats, 'dir', 'systemd', 'swarm'].join(', ')}.`);
  }
  if (layout !== 'flat' && layout !== 'nested') {
    throw invalid('there is no such layout', 'Use flat (names as in the environment) or nested (paths).');
  }
  if (layout === 'nested' && !['dir', 'json', 'yaml'].includes(format)) {
    throw invalid(`${format} has names, not paths`, 'Use --layout nested with the formats dir, json and yaml.');
  }
  if (layout === 'nested' && only.length > 0) {
    throw invalid('--only names variables, which a nested layout does not have', 'Use --path.');
  }
  if (format === 'swarm' ? out !== undefined : flagOption(invocation, 'run')) {
    throw invalid('--run belongs to the format swarm, which writes no file', 'Leave --run or --out out.');
  }
  if (isFolder && out === undefined) throw invalid(`${format} is written to a folder`, 'Name it with --out.');
  if (format === 'github' && invocation.output.json) {
    throw invalid('standard output is for the runner of the job, and cannot be JSON', 'Leave --json out.');
  }
  if (format === 'github' && out === undefined) {
    throw invalid(
      'GITHUB_ENV is not set, so nothing says where the job reads its variables',
      'Name a file with --out.',
    );
  }
  return {
    format,
    layout,
    paths: paths.length > 0 ? paths : undefined,
    only: only.length > 0 ? new Set(only) : undefined,
    allowed: new Set(listOption(invocation, 'allowName')),
    out: out === undefined ? undefined : resolve(io.cwd, out),
    force: flagOption(invocation, 'force'),
  };
}

function invalid(message: string, advice: string): KeywardError {
  return new KeywardError('invalid', message, { advice });
}
