import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { refuseSteps, unholdable } from '../../lifecycle/transfer/refuse-transfer.js';
import { applyTransfer, type TransferStep } from '../../lifecycle/transfer/transfer.js';
import { agreesTo, agreesToName, yesOption } from '../agreement.js';
import { flagOption, type Invocation, type OptionSpec } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import type { Place } from './two-places.js';

export const transferOptions: readonly OptionSpec[] = [
  { flags: '--dry-run', description: 'show the plan and change nothing' },
  yesOption,
];

export const overwriteOption: OptionSpec = { flags: '--overwrite', description: 'replace values that differ' };

export interface Undertaking {
  /** For people: `Copy`. */
  readonly verb: string;
  /** Where the secrets are taken from, for people. */
  readonly from: string;
  readonly to: Place;
  readonly steps: readonly TransferStep[];
  readonly overwrite: boolean;
  /** Secrets of the target that are deleted, so that they can be restored. */
  readonly removals?: readonly Path[] | undefined;
  /** Of the result, for programs. */
  readonly report?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Shows what is planned, asks, does it and reports. Answers the exit status, and whether it is done.
 *
 * @throws KeywardError as `refuseSteps` and `applyTransfer`; `invalid` when nobody can be asked, and for twice the same.
 */
export async function carryOut(
  invocation: Invocation,
  { verb, from, to, steps, overwrite, removals = [], report }: Undertaking,
): Promise<{ readonly status: number; readonly isDone: boolean }> {
  const { output } = invocation;
  const { provider: target, workspace, name } = to;
  if (from === name) throw new KeywardError('invalid', `${name} is on both sides; nothing was changed`);
  const rows = [
    ...steps.map(({ path, outcome }) => [path, outcomes[outcome]] as const),
    ...removals.map((path) => [path, 'is deleted'] as const),
  ];
  if (flagOption(invocation, 'dryRun')) {
    const impossible = unholdable(steps, target);
    if (output.json) {
      const removed = removals.map((path) => ({ path, outcome: 'removed' }));
      output.document([...steps.map(({ path, outcome }) => ({ path, outcome })), ...removed]);
    } else output.table(rows);
    for (const problem of impossible) {
      output.finding({ severity: 'error', where: name, cause: `cannot hold ${problem}`, fix: 'Leave it out.' });
    }
    return { status: impossible.length === 0 ? 0 : 2, isDone: false };
  }
  refuseSteps(steps, target, { overwrite, shownAs: name });
  for (const [path, outcome] of rows) output.note(`  ${path} ${outcome}`);
  const changes = steps.filter(({ inputs }) => inputs.length > 0).length + removals.length;
  if (changes > 0) {
    const question = `${verb} ${changes} secrets from ${from} into ${name}?`;
    const agreed = workspace.config.production
      ? await agreesToName(invocation, question, name)
      : await agreesTo(invocation, question);
    if (!agreed) return { status: 1, isDone: false };
  }
  const progress = progressLine(invocation);
  const written = await applyTransfer(steps, target, { onProgress: progress.show }).finally(progress.clear);
  for (const path of removals) await target.remove({ path }, { mode: 'soft' });
  const unchanged = steps.length - written;
  if (output.json) output.document({ from, to: name, written, unchanged, removed: removals.length, ...report });
  const removed = removals.length > 0 ? `, deleted ${removals.length}` : '';
  output.note(`wrote ${written} secrets into ${name} and read them back (${unchanged} unchanged)${removed}`);
  return { status: 0, isDone: true };
}

const outcomes = {
  new: 'is new',
  same: 'is the same already',
  added: 'gets what it lacks',
  differs: 'replaces another value',
  deleted: 'replaces a deleted one',
} as const;
