import { isProduction } from '../../compose/config.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import type { SecretVersion } from '../../core/version.js';
import { applyCopy, type CopyStep, planCopy } from '../../lifecycle/transfer/copy-secrets.js';
import { agreesTo, agreesToName, yesOption } from '../agreement.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { withWorkspace } from '../session.js';
import { readSecrets } from '../take-snapshot.js';

const command: Command = {
  spec: {
    name: 'copy',
    summary: 'Copy secrets from one environment into another',
    usage: '[paths...]',
    description: [
      'Everything at or below the paths, from the write target of --env into that of --to, with what is noted about it.',
      'Shows the plan, then asks; for an environment with the rules of production its name is to be typed. A value that',
      'differs there is replaced only with --overwrite, and then as a new version. Each write checks that nobody changed',
      'the secret meanwhile, and is read back. Running it again changes nothing.',
    ],
    options: [
      { flags: '--to <name>', description: 'the environment to copy into' },
      { flags: '--all', description: 'every secret, instead of paths' },
      { flags: '--overwrite', description: 'replace values that differ' },
      { flags: '--dry-run', description: 'show the plan and change nothing' },
      yesOption,
    ],
    examples: [
      {
        command: 'keyward copy exchange --env staging --to production --dry-run',
        explanation: 'what would become of each secret',
      },
      { command: 'keyward copy --all --env development --to staging', explanation: 'everything that staging lacks' },
    ],
    exitStatuses: { 1: 'the answer to the question was no' },
  },
  run: copy,
};

export default command;

async function copy(invocation: Invocation): Promise<number> {
  const paths = pathsOf(invocation);
  const to = textOption(invocation, 'to');
  if (to === undefined) throw new KeywardError('invalid', 'copy needs --to: the environment to copy into');
  const { from, secrets } = await withWorkspace(invocation, async (workspace) => ({
    from: workspace.config.environment,
    secrets: await secretsBelow(workspace, paths),
  }));
  if (from === to) throw new KeywardError('invalid', `${from} is the environment to copy from and to copy into`);
  const target = { ...invocation, global: { ...invocation.global, environment: to } };
  return withWorkspace(target, (workspace) => copyInto(target, workspace, from, secrets));
}

function pathsOf(invocation: Invocation): readonly Path[] {
  const paths = invocation.args.map(parsePath);
  if (paths.length > 0 !== flagOption(invocation, 'all')) return paths;
  throw new KeywardError('invalid', 'copy takes paths, or --all for every secret');
}

async function secretsBelow(workspace: Workspace, paths: readonly Path[]): Promise<readonly SecretVersion[]> {
  const provider = workspace.writeTarget();
  const found = new Map<Path, SecretVersion>();
  for (const directory of paths.length === 0 ? ([''] as const) : paths) {
    const below = await readSecrets(provider, directory);
    if (below.length === 0 && directory !== '') {
      throw new KeywardError('not_found', `${provider.name} holds nothing at or below ${directory}`, {
        path: directory,
      });
    }
    for (const secret of below) found.set(secret.path, secret);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function copyInto(
  invocation: Invocation,
  workspace: Workspace,
  from: string,
  secrets: readonly SecretVersion[],
): Promise<number> {
  const { output } = invocation;
  const { environment } = workspace.config;
  const target = workspace.writeTarget();
  const steps = await planCopy(secrets, target);
  if (flagOption(invocation, 'dryRun')) {
    if (output.json) output.document(steps.map(({ path, outcome }) => ({ path, outcome })));
    else output.table(planRows(steps));
    return 0;
  }
  const replaced = steps.filter(({ outcome }) => outcome === 'differs' || outcome === 'deleted');
  if (replaced.length > 0 && !flagOption(invocation, 'overwrite')) {
    const names = replaced.map(({ path, outcome }) => (outcome === 'deleted' ? `${path} (deleted there)` : path));
    throw new KeywardError('conflict', `${environment} has its own ${names.join(', ')}`, {
      store: target.name,
      advice: 'Nothing was copied. Replace them on purpose (--overwrite), or name other paths.',
    });
  }
  const changes = steps.filter(({ outcome }) => outcome !== 'same');
  for (const [path, outcome] of planRows(steps)) output.note(`  ${path} ${outcome}`);
  if (changes.length > 0) {
    const question = `Copy ${changes.length} secrets from ${from} into ${environment}?`;
    const agreed = isProduction(environment)
      ? await agreesToName(invocation, question, environment)
      : await agreesTo(invocation, question);
    if (!agreed) return 1;
  }
  const progress = progressLine(invocation);
  const copied = await applyCopy(steps, target, progress.show).finally(progress.clear);
  if (output.json) output.document({ from, to: environment, copied, unchanged: steps.length - copied });
  output.note(`copied ${copied} secrets into ${environment} and read them back (${steps.length - copied} unchanged)`);
  return 0;
}

const outcomes = {
  new: 'is new',
  same: 'is the same already',
  differs: 'replaces another value',
  deleted: 'replaces a deleted one',
} as const;

function planRows(steps: readonly CopyStep[]): readonly (readonly [string, string])[] {
  return steps.map(({ path, outcome }) => [path, outcomes[outcome]]);
}
