import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { planImport } from '../../lifecycle/transfer/import-plan.js';
import { formatPlan } from '../../lifecycle/transfer/plan-text.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { finishImport } from '../import/finish.js';
import { assertProject, moveIn, toLinkOption, workspaceTo } from '../import/move-in.js';
import { chosenPlaces, writeNewPlan } from '../import/plan-file.js';
import { pipedSource, readImportSource, sourceOptions } from '../read-import-source.js';
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
      toLinkOption,
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
      { command: 'keyward import secret.yaml --map db#password=database/password', explanation: 'a Kubernetes Secret' },
      { command: 'keyward import .env --finish', explanation: 'when the programs run without the file' },
    ],
    exitStatuses: { 1: 'the question was answered with no' },
  },
  run: (invocation) =>
    withWorkspace(invocation, (workspace) => runImport(invocation, workspaceTo(invocation, workspace))),
};

export default command;

async function runImport(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { io, output } = invocation;
  const name = invocation.args[0] ?? '.env';
  const { inventory } = assertProject(workspace, name);
  const source = await readImportSource(invocation, name);
  const plan = planImport(source.pairs, { inventory, ...(await chosenPlaces(invocation, source.pairs)) });
  const planFile = textOption(invocation, 'writePlan');
  if (planFile !== undefined) {
    await writeNewPlan(resolve(io.cwd, planFile), formatPlan(plan));
    if (output.json) output.document({ plan: planFile });
    output.note(`wrote ${planFile}; edit it, then run: keyward import ${name} --use-plan ${planFile}`);
    return 0;
  }
  if (flagOption(invocation, 'finish') && !flagOption(invocation, 'dryRun')) {
    if (name === pipedSource) throw new KeywardError('invalid', 'of standard input there is nothing to remove');
    await finishImport(invocation, workspace, name, source, plan);
    return 0;
  }
  return moveIn(invocation, workspace, { name, source, plan });
}
