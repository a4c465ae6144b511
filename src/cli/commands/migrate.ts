import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import type { NotedVersion } from '../../core/version.js';
import { eachOf, transferConcurrency } from '../../lifecycle/transfer/each-of.js';
import { formerValues } from '../../lifecycle/transfer/former-values.js';
import { planImport } from '../../lifecycle/transfer/import-plan.js';
import { type MappedSecrets, type Moved, mapSecrets } from '../../lifecycle/transfer/map-secrets.js';
import { planTransfer } from '../../lifecycle/transfer/transfer.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { assertProject, moveIn, workspaceTo } from '../import/move-in.js';
import { readImportSource, sourceOptions } from '../read-import-source.js';
import { withWorkspace } from '../session.js';
import { carryOut, overwriteOption, transferOptions } from '../transfer/carry-out.js';
import { readRules, warnOfUnused } from '../transfer/read-rules.js';
import { secretsBelow } from '../transfer/secrets-below.js';
import { type Place, twoPlaces } from '../transfer/two-places.js';

const command: Command = {
  spec: {
    name: 'migrate',
    summary: 'Move from a file, or from one store, into another store',
    usage: '[source-or-paths...]',
    description: [
      'Without --from, a file or folder as `keyward import` takes it (.env unless another is named). With --from, a link of',
      'the chain: everything in it, or what lies at or below the paths, with what is noted about it. --map names a file of',
      'rules that rename, take apart and put together (`old/path: new/path`, `old#field: new/path`, `old/*: new/*`, null',
      'leaves out). Shows the plan and what cannot move, asks, writes, reads everything back, and says what is left to do.',
      'The source keeps its secrets. Run again after an interruption, it goes on where it was; once more, it changes nothing.',
    ],
    options: [
      { flags: '--from <link>', description: 'the link of the chain to move from, instead of a file' },
      { flags: '--to <link>', description: 'the link of the chain to move to' },
      { flags: '--map <file>', description: 'rules for names that change, in YAML' },
      { flags: '--versions', description: 'former versions too, in their order' },
      overwriteOption,
      ...sourceOptions,
      ...transferOptions,
    ],
    examples: [
      { command: 'keyward migrate .env --to vault', explanation: 'a file into a store' },
      { command: 'keyward migrate --from vault --to aws --dry-run', explanation: 'what would become of each secret' },
      {
        command: 'keyward migrate --from keyward --to vault --versions --map rules.yaml',
        explanation: 'with history, under new names',
      },
    ],
    exitStatuses: { 1: 'the answer to the question was no' },
  },
  run: (invocation) =>
    textOption(invocation, 'from') === undefined ? migrateFile(invocation) : migrateStore(invocation),
};

export default command;

async function migrateFile(invocation: Invocation): Promise<number> {
  const [name = '.env', ...more] = invocation.args;
  if (more.length > 0 || textOption(invocation, 'to') === undefined) {
    throw new KeywardError(
      'invalid',
      'migrate moves one file to the link that --to names, or with --from paths of a store',
    );
  }
  return withWorkspace(invocation, async (opened) => {
    const workspace = workspaceTo(invocation, opened);
    const { inventory } = assertProject(workspace, name);
    const source = await readImportSource(invocation, name);
    const rules = await readRules(invocation);
    const placed = source.pairs.map((pair) => ({ pair, targets: rules.of(pair.name) }));
    const chosen = placed.flatMap(({ pair, targets: [target, second] = [] }) => {
      if (second !== undefined) throw new KeywardError('invalid', `${pair.name} of a file goes to one place`);
      return target === undefined ? [] : [[pair.name, target] as const];
    });
    warnOfUnused(invocation, rules);
    const pairs = placed.filter(({ targets }) => targets?.length !== 0).map(({ pair }) => pair);
    return moveIn(invocation, workspace, {
      name,
      source,
      plan: planImport(pairs, { inventory, chosen: new Map(chosen) }),
    });
  });
}

async function migrateStore(invocation: Invocation): Promise<number> {
  const paths = invocation.args.map(parsePath);
  const places = twoPlaces(invocation);
  const rules = await readRules(invocation);
  const { from, secrets } = await places.from(async ({ name, provider }) => ({
    from: name,
    secrets: await withHistory(invocation, provider, await secretsBelow(provider, paths)),
  }));
  const mapped = mapSecrets(secrets, rules);
  warnOfUnused(invocation, rules);
  return places.to(async (to) => {
    warnOfLoss(invocation, to, secrets);
    const keepsVersions = to.provider.traits.limits?.versions !== false;
    const wanted = keepsVersions ? mapped.wanted : mapped.wanted.map((one) => ({ ...one, history: undefined }));
    const steps = await planTransfer(wanted, to.provider);
    const overwrite = flagOption(invocation, 'overwrite');
    const { renamed, leftOut } = mapped;
    const report = { renamed: renamed.map(([old, now]) => ({ from: old, to: now })), leftOut };
    const { status, isDone } = await carryOut(invocation, { verb: 'Migrate', from, to, steps, overwrite, report });
    if (isDone) noteWhatIsLeft(invocation, from, to, mapped);
    return status;
  });
}

async function withHistory(
  invocation: Invocation,
  provider: Provider,
  secrets: readonly NotedVersion[],
): Promise<readonly Moved[]> {
  if (!flagOption(invocation, 'versions')) return secrets;
  const behind: string[] = [];
  const moved = await eachOf(secrets, transferConcurrency, async (secret) => {
    const { values, lost, stages } = await formerValues(provider, secret.path);
    const what = [
      ...(lost > 0 ? [`${lost} deleted or destroyed versions`] : []),
      ...stages.map((stage) => `stage ${stage}`),
    ];
    if (what.length > 0) behind.push(`${secret.path} (${what.join(', ')})`);
    return { ...secret, history: values };
  });
  warnOfBehind(invocation, provider.name, behind.sort());
  return moved;
}

/** What the target has no room for. */
function warnOfLoss(invocation: Invocation, { name, provider }: Place, secrets: readonly Moved[]): void {
  const { notes, versions } = provider.traits.limits ?? {};
  const noted = secrets.filter(({ metadata }) => Object.keys(metadata).length > 0);
  const former = secrets.filter(({ history = [] }) => history.length > 0);
  warnOfBehind(invocation, name, [
    ...(notes === false ? noted.map(({ path }) => `${path} (what is noted about it)`) : []),
    ...(versions === false ? former.map(({ path }) => `${path} (former versions)`) : []),
  ]);
}

function warnOfBehind({ output }: Invocation, where: string, behind: readonly string[]): void {
  if (behind.length === 0) return;
  const fix = 'Nothing has to be done if you do not need it; the source keeps it.';
  output.finding({ severity: 'warning', where, cause: `this does not move: ${behind.join(', ')}`, fix });
}

function noteWhatIsLeft({ output }: Invocation, from: string, to: Place, { renamed, leftOut }: MappedSecrets): void {
  const { name, workspace } = to;
  const listed = [...workspace.config.inventory.keys()];
  const stale = listed.filter((path) => renamed.some(([old]) => old === path || old.startsWith(`${path}#`)));
  if (leftOut.length > 0) output.note(`left out by the rules, and still only in ${from}: ${leftOut.join(', ')}`);
  output.note('what is left to do:');
  if (stale.length > 0) output.note(`  keyward.yaml lists these by their old names: ${stale.join(', ')}`);
  if (renamed.length > 0)
    output.note(
      '  programs that ask by a path have to ask by the new one (keyward.yaml may list `env:` names instead)',
    );
  output.note(`  in keyward.yaml, put ${name} before ${from} in providers:, and say write: ${name}`);
  output.note(
    `  when the programs run with ${name}, take ${from} out of the chain, then remove its secrets and credentials`,
  );
}
