import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { isRefusedForInjection } from '../../core/injection-rules.js';
import { readTextFile } from '../../host/plain-file.js';
import { writeProjectFile } from '../../host/project-file.js';
import { type ImportPlan, planImport } from '../../lifecycle/transfer/import-plan.js';
import { formatPlan, parsePlanText } from '../../lifecycle/transfer/plan-text.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { type ImportSummary, importPairs } from '../import-pairs.js';
import { confirm } from '../prompt.js';
import { readEnvFile } from '../read-env-file.js';
import { withWorkspace } from '../session.js';

const maxPlanBytes = 4 * 1024 * 1024;

const command: Command = {
  spec: {
    name: 'import',
    summary: 'Move the values of an environment file into the store',
    usage: '[file]',
    description: [
      'Shows first where each name goes: exchanges and well-known services to their paths, everything else to app/.',
      'The plan can be written to a file, edited and used. Every value is read back and compared after it was written,',
      'and keyward.yaml then lists the secrets, so that `keyward run` gives the same names again.',
    ],
    options: [
      { flags: '--dry-run', description: 'show the plan and change nothing' },
      { flags: '--write-plan <file>', description: 'write the plan to a file to be edited, and change nothing' },
      { flags: '--use-plan <file>', description: 'use an edited plan' },
      { flags: '--overwrite', description: 'replace values in the store that differ' },
      { flags: '-y, --yes', description: 'apply without being asked' },
    ],
    examples: [
      { command: 'keyward import .env --dry-run', explanation: 'where everything would go' },
      {
        command: 'keyward import .env --write-plan plan.txt',
        explanation: 'then edit it, and: keyward import .env --use-plan plan.txt',
      },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => runImport(invocation, workspace)),
};

export default command;

async function runImport(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { io, output } = invocation;
  const file = invocation.args[0] ?? '.env';
  if (workspace.config.file === undefined) {
    throw new KeywardError(
      'config',
      'there is no keyward.yaml here or above, so nothing says where the values belong',
      {
        advice: `Run: keyward init --from ${file}`,
      },
    );
  }
  const pairs = await readEnvFile(invocation, file);
  const edited = textOption(invocation, 'usePlan');
  const names = pairs.map(({ name }) => name);
  const places = edited === undefined ? undefined : parsePlanText(await readPlan(io.cwd, edited), names);
  const plan = planImport(pairs, { inventory: workspace.config.inventory, places });
  const planFile = textOption(invocation, 'writePlan');
  if (planFile !== undefined) {
    await writeNewPlan(resolve(io.cwd, planFile), formatPlan(plan));
    if (output.json) output.document({ plan: planFile });
    output.note(`wrote ${planFile}; edit it, then run: keyward import ${file} --use-plan ${planFile}`);
    return 0;
  }
  if (flagOption(invocation, 'dryRun')) {
    if (output.json) output.document(describePlan(plan));
    else output.line(formatPlan(plan).trimEnd());
    return plan.problems.length === 0 ? 0 : 2;
  }
  output.note(formatPlan(plan).trimEnd());
  warnOfRefused(invocation, plan);
  if (plan.problems.length === 0 && !flagOption(invocation, 'yes') && edited === undefined) {
    const agreed = await confirm(io, `Move these ${pairs.length} values to ${workspace.writeTarget().name}?`);
    if (agreed === undefined) {
      throw new KeywardError('invalid', 'there is no terminal to ask at; nothing was changed', {
        advice: 'Add --yes to apply the plan as shown, or --write-plan to edit it.',
      });
    }
    if (!agreed) {
      output.note('nothing was changed');
      return 1;
    }
  }
  const summary = await importPairs(invocation, workspace, plan, { overwrite: flagOption(invocation, 'overwrite') });
  const moved = new Set(plan.items.flatMap((item) => item.names));
  report(
    invocation,
    file,
    summary,
    names.filter((name) => !moved.has(name)),
  );
  return 0;
}

function report(invocation: Invocation, file: string, summary: ImportSummary, left: readonly string[]): void {
  const { output } = invocation;
  if (output.json) output.document(summary);
  const { provider, values, written, unchanged } = summary;
  output.note(
    `${values} values are in ${provider} and were read back (${written} secrets written, ${unchanged} unchanged)`,
  );
  if (left.length > 0) {
    output.note(`left out by the plan, and still only in ${file}: ${left.join(', ')}`);
    return;
  }
  output.note(
    `next: try \`keyward run -- <program>\`, then delete ${file}; if it was ever committed, rotate its values`,
  );
}

/** `run` will not give these without being told; better known now than when the file is gone. */
function warnOfRefused({ output }: Invocation, plan: ImportPlan): void {
  for (const name of plan.items.flatMap((item) => item.names).filter(isRefusedForInjection)) {
    output.finding({
      severity: 'warning',
      where: name,
      cause: 'it changes how programs run, so keyward run gives it only when told',
      fix: `Leave it out of the plan, or run: keyward run --allow-name ${name} -- <program>`,
    });
  }
}

/** An edited plan is work: it is not replaced. */
async function writeNewPlan(path: string, text: string): Promise<void> {
  if ((await readTextFile(path, { maxBytes: maxPlanBytes })) !== undefined) {
    throw new KeywardError('conflict', `there is a file ${path} already; nothing was changed`, {
      store: path,
      advice: 'Name another file, or remove that one.',
    });
  }
  await writeProjectFile(path, text);
}

async function readPlan(cwd: string, name: string): Promise<string> {
  const text = await readTextFile(resolve(cwd, name), { maxBytes: maxPlanBytes });
  if (text === undefined) throw new KeywardError('config', `there is no file ${name}`, { store: name });
  return text;
}

function describePlan(plan: ImportPlan) {
  return {
    items: plan.items.map(({ names, path, field, where }) => ({ names, path, field, where })),
    entries: plan.entries.map(({ path }) => path),
    problems: plan.problems,
  };
}
