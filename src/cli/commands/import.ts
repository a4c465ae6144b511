import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { followUp } from '../../lifecycle/transfer/follow-up.js';
import { type ImportPlan, planImport } from '../../lifecycle/transfer/import-plan.js';
import type { ImportSource } from '../../lifecycle/transfer/import-source.js';
import { formatPlan } from '../../lifecycle/transfer/plan-text.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { finishImport } from '../import/finish.js';
import { chosenPlaces, writeNewPlan } from '../import/plan-file.js';
import { noteFollowUp, warnOfRefused } from '../import/report.js';
import { importPairs } from '../import-pairs.js';
import { confirm } from '../prompt.js';
import { pipedSource, readImportSource, shownSource, sourceOptions } from '../read-import-source.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'import',
    summary: 'Move the values of a file or folder into the store',
    usage: '[source]',
    description: [
      'From an environment file, JSON, YAML, Kubernetes Secrets, a folder of secrets, or standard input (-). Shows first where each name goes:',
      'exchanges and well-known services to their paths, everything else to app/. Every value is read back and compared',
      'after it was written, and keyward.yaml then lists the secrets, so that `keyward run` gives the same names again.',
      'Then says what is left to do: where programs read these names, .gitignore, the git history. When all of that is',
      'done, --finish compares every value once more and removes the source.',
    ],
    options: [
      { flags: '--dry-run', description: 'show the plan and change nothing' },
      ...sourceOptions,
      { flags: '--map <name=place>', description: 'the place of one name, such as API_KEY=app/key', repeatable: true },
      {
        flags: '--path <path>',
        description: 'put what keyward.yaml does not list below this path, instead of guessing',
      },
      { flags: '--write-plan <file>', description: 'write the plan to a file to be edited, and change nothing' },
      { flags: '--use-plan <file>', description: 'use an edited plan' },
      { flags: '--overwrite', description: 'replace values in the store that differ' },
      { flags: '--finish', description: 'remove the source, if the store has every value of it' },
      { flags: '-y, --yes', description: 'apply without being asked' },
    ],
    examples: [
      { command: 'keyward import .env --dry-run', explanation: 'where everything would go' },
      {
        command: 'keyward import .env --write-plan plan.txt',
        explanation: 'then edit it, and: keyward import .env --use-plan plan.txt',
      },
      { command: 'keyward import secret.yaml --map tls/key=app/tls_key', explanation: 'a Kubernetes Secret' },
      { command: 'keyward import .env --finish', explanation: 'when the programs run without the file' },
    ],
    exitStatuses: { 1: 'the question was answered with no' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => runImport(invocation, workspace)),
};

export default command;

async function runImport(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { io, output } = invocation;
  const name = invocation.args[0] ?? '.env';
  const { file, inventory } = workspace.config;
  if (file === undefined) {
    const problem = 'there is no keyward.yaml here or above, so nothing says where the values belong';
    throw new KeywardError('config', problem, { advice: `Run: keyward init --from ${name}` });
  }
  const source = await readImportSource(invocation, name);
  const plan = planImport(source.pairs, { inventory, ...(await chosenPlaces(invocation, source.pairs)) });
  const planFile = textOption(invocation, 'writePlan');
  if (planFile !== undefined) {
    await writeNewPlan(resolve(io.cwd, planFile), formatPlan(plan));
    if (output.json) output.document({ plan: planFile });
    output.note(`wrote ${planFile}; edit it, then run: keyward import ${name} --use-plan ${planFile}`);
    return 0;
  }
  if (flagOption(invocation, 'dryRun')) {
    if (output.json) output.document(describePlan(plan));
    else output.line(formatPlan(plan).trimEnd());
    return plan.problems.length === 0 ? 0 : 2;
  }
  if (flagOption(invocation, 'finish')) {
    if (name === pipedSource) throw new KeywardError('invalid', 'of standard input there is nothing to remove');
    await finishImport(invocation, workspace, name, source, plan);
    return 0;
  }
  output.note(formatPlan(plan).trimEnd());
  warnOfRefused(invocation, plan);
  if (plan.problems.length === 0 && !(await isAgreed(invocation, source.pairs.length, workspace))) return 1;
  await moveValues(invocation, workspace, name, source, plan);
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
  name: string,
  source: ImportSource,
  plan: ImportPlan,
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
  const then = isPiped ? '' : `, then: keyward import ${name} --finish`;
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
