import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { followUp } from '../../lifecycle/transfer/follow-up.js';
import type { ImportPlan } from '../../lifecycle/transfer/import-plan.js';
import type { ImportSource } from '../../lifecycle/transfer/import-source.js';
import { formatPlan } from '../../lifecycle/transfer/plan-text.js';
import { flagOption, type Invocation, type OptionSpec, textOption } from '../command.js';
import { importPairs } from '../import-pairs.js';
import { confirm } from '../prompt.js';
import { pipedSource, shownSource } from '../read-import-source.js';
import { noteFollowUp, warnOfRefused } from './report.js';

export const toLinkOption: OptionSpec = {
  flags: '--to <link>',
  description: 'the link of the chain to write to, instead of the write target',
};

/** The workspace that writes to the link that `--to` names. */
export function workspaceTo(invocation: Invocation, workspace: Workspace): Workspace {
  const to = textOption(invocation, 'to');
  return to === undefined ? workspace : { ...workspace, writeTarget: () => workspace.writeTarget(to) };
}

/** @throws KeywardError `config` without a project, which says where values belong. */
export function assertProject({ config }: Workspace, source: string): Workspace['config'] {
  if (config.file !== undefined) return config;
  const problem = 'there is no keyward.yaml here or above, so nothing says where the values belong';
  throw new KeywardError('config', problem, { advice: `Run: keyward init --from ${source}` });
}

/** A source that was read, and what is to become of its values. */
export interface MovingIn {
  /** Of the source, as it was given. */
  readonly name: string;
  readonly source: ImportSource;
  readonly plan: ImportPlan;
}

/** Shows the plan, asks, moves the values, and says what is left to do. Answers the exit status. */
export async function moveIn(invocation: Invocation, workspace: Workspace, moving: MovingIn): Promise<number> {
  const { output } = invocation;
  const { plan, source } = moving;
  if (flagOption(invocation, 'dryRun')) {
    if (output.json) output.document(describePlan(plan));
    else output.line(formatPlan(plan).trimEnd());
    return plan.problems.length === 0 ? 0 : 2;
  }
  output.note(formatPlan(plan).trimEnd());
  warnOfRefused(invocation, plan);
  if (plan.problems.length === 0 && !(await isAgreed(invocation, source.pairs.length, workspace))) return 1;
  await moveValues(invocation, workspace, moving);
  return 0;
}

async function isAgreed(invocation: Invocation, count: number, workspace: Workspace): Promise<boolean> {
  if (flagOption(invocation, 'yes') || textOption(invocation, 'usePlan') !== undefined) return true;
  const agreed = await confirm(invocation.io, `Move these ${count} values to ${workspace.writeTarget().name}?`);
  if (agreed === undefined) {
    throw new KeywardError('invalid', 'there is no terminal to ask at; nothing was changed', {
      advice: 'Add --yes to apply the plan as shown, or --write-plan to edit it.',
    });
  }
  if (!agreed) invocation.output.note('nothing was changed');
  return agreed;
}

async function moveValues(
  invocation: Invocation,
  workspace: Workspace,
  { name, source, plan }: MovingIn,
): Promise<void> {
  const { output, io } = invocation;
  const summary = await importPairs(invocation, workspace, plan, { overwrite: flagOption(invocation, 'overwrite') });
  const { provider, values, written, unchanged } = summary;
  output.note(
    `${values} values are in ${provider} and were read back (${written} secrets written, ${unchanged} unchanged)`,
  );
  const moved = new Set(plan.items.flatMap((item) => item.keys));
  const left = source.pairs.map((pair) => pair.name).filter((key) => !moved.has(key));
  const isPiped = name === pipedSource;
  const follow = await followUp(plan, workspace.config.folder, isPiped ? undefined : resolve(io.cwd, name));
  if (output.json) output.document({ ...summary, left, followUp: follow });
  noteFollowUp(invocation, name, follow);
  const to = textOption(invocation, 'to');
  const then = isPiped ? '' : `, then: keyward import ${name}${to === undefined ? '' : ` --to ${to}`} --finish`;
  output.note(
    left.length > 0
      ? `left out by the plan, and still only in ${shownSource(name)}: ${left.join(', ')}`
      : `next: try \`keyward run -- <program>\`${then}`,
  );
}

function describePlan(plan: ImportPlan) {
  return {
    items: plan.items.map(({ keys, names, path, field, where }) => ({ keys, names, path, field, where })),
    entries: plan.entries.map(({ path }) => path),
    problems: plan.problems,
  };
}
