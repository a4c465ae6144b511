import { type CollectOptions, collectEnvironment, collectPlaces } from '../../compose/collect-environment.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { isRefusedForInjection } from '../../core/injection-rules.js';
import { isTextFormat } from '../../lifecycle/transfer/export-text.js';
import { type Exported, exportedNames, isByPath, namedSecrets } from '../../lifecycle/transfer/exported.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { type ExportPlan, exportPlanOf } from '../export/export-plan.js';
import { writeCredentials, writeFolder, writeText } from '../export/write-export.js';
import { printableName } from '../output/printable.js';
import { progressLine } from '../output/progress-line.js';
import { confirm } from '../prompt.js';
import { identityOptions } from '../sealed-options.js';
import { withWorkspace } from '../session.js';
import { warnOfDegraded } from '../warn-of-degraded.js';

const command: Command = {
  spec: {
    name: 'export',
    summary: 'Write values out of the stores, in the form that another program reads',
    usage: '',
    description: [
      'What the inventory lists, or what lies at --path, under the names that `run` would give. To standard output, or to',
      'a new file with mode 0600 in one step; refused where git would see it. What the format cannot hold is an error',
      'that names it, and nothing is written. The result is plain text: remove it when it has served.',
    ],
    options: [
      {
        flags: '--format <format>',
        description:
          'dotenv (default), json, yaml, shell, docker (run --env-file), github, swarm, dir or systemd (--out folder)',
      },
      { flags: '--sealed', description: 'into a sealed file (--out, else that of the project), from the write target' },
      ...identityOptions,
      { flags: '--layout <layout>', description: 'flat: names (default); nested: paths, for dir, json and yaml' },
      {
        flags: '--path <path>',
        description: 'everything at or below this path instead of the inventory',
        repeatable: true,
      },
      { flags: '--only <name>', description: 'only this name', repeatable: true },
      { flags: '--out <file>', description: 'write this file or folder' },
      { flags: '--run', description: 'with swarm: create the secrets, instead of printing the commands' },
      { flags: '--force', description: 'replace what is there, also where git sees it' },
      { flags: '--allow-name <name>', description: 'a name that changes how programs run', repeatable: true },
      { flags: '--no-values', description: 'names only' },
      { flags: '-r, --reveal', description: 'show values on a terminal without being asked' },
    ],
    examples: [
      { command: 'keyward export --out .env.local', explanation: 'an environment file with the values of now' },
      { command: 'eval "$(keyward export --format shell)"', explanation: 'into the shell that you are in' },
      {
        command: 'keyward export --format dir --layout nested --out secrets',
        explanation: 'a file for each value; run again, it follows what changed',
      },
      { command: 'keyward export --sealed', explanation: 'into keyward.sealed.yaml, which you can commit' },
      {
        command: 'keyward export --format swarm --run',
        explanation: 'Swarm secrets, which a service finds in /run/secrets',
      },
      {
        command: 'keyward export --format github',
        explanation: 'in a job: variables of the next steps, hidden in the log',
      },
    ],
    exitStatuses: { 1: 'the question was answered with no' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => exportValues(invocation, workspace)),
};

export default command;

async function exportValues(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  if (flagOption(invocation, 'sealed')) {
    const { exportSealed } = await import('../export/export-sealed.js');
    return exportSealed(invocation, workspace);
  }
  const plan = exportPlanOf(invocation);
  const { format, paths, out } = plan;
  if (workspace.config.file === undefined && paths === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above, so nothing says what to export', {
      advice: 'Run: keyward init; or name what to export with --path.',
    });
  }
  const progress = progressLine(invocation);
  const collect = { paths, onProgress: progress.show };
  const collecting = plan.layout === 'nested' ? collectPlaces(workspace, collect) : byName(workspace, plan, collect);
  const exported = await collecting.finally(progress.clear);
  const names = exportedNames(exported);
  warnOfDegraded(output, namedSecrets(exported));
  if (invocation.options['values'] === false) {
    if (output.json) output.document(names);
    else for (const name of names) output.line(printableName(name));
    return 0;
  }
  if (format === 'swarm' && !isByPath(exported)) {
    const { exportToSwarm } = await import('../export/export-to-swarm.js');
    await exportToSwarm(invocation, exported);
    return 0;
  }
  // What hides the values of a job in its log holds them, too.
  const isShown = (out === undefined || format === 'github') && output.isTerminal;
  if (isShown && !(await mayShow(invocation, names.length))) return 1;
  if (names.length === 0) output.note('remark: there is nothing to export');
  if (isTextFormat(format)) await writeText(invocation, plan, format, exported);
  else if (format === 'systemd' && !isByPath(exported)) await writeCredentials(invocation, plan, out ?? '', exported);
  else await writeFolder(invocation, plan, out ?? '', exported);
  return 0;
}

async function byName(
  workspace: Workspace,
  { format, only, allowed }: ExportPlan,
  options: Pick<CollectOptions, 'paths' | 'onProgress'>,
): Promise<Exported> {
  const { values } = await collectEnvironment(workspace, { environment: {}, only, ...options });
  const refused = [...values.keys()].filter((name) => isRefusedForInjection(name) && !allowed.has(name));
  const isForEnvironment = ['dotenv', 'shell', 'docker', 'github'].includes(format);
  if (refused.length === 0 || !isForEnvironment) return values;
  throw new KeywardError('config', `refused to export ${refused.join(', ')}: it changes how programs run`, {
    advice: `If it is meant, allow it by name: ${refused.map((name) => `--allow-name ${name}`).join(' ')}`,
  });
}

async function mayShow(invocation: Invocation, count: number): Promise<boolean> {
  if (flagOption(invocation, 'reveal')) return true;
  const answer = await confirm(invocation.io, `Show ${count} values on this terminal?`);
  if (answer === undefined) {
    throw new KeywardError('invalid', 'export shows values on a terminal only when asked to', {
      advice: 'Add --reveal, or write a file with --out.',
    });
  }
  if (!answer) invocation.output.note('nothing was shown');
  return answer;
}
