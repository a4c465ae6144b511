import { KeywardError } from '../../core/errors.js';
import { parseDirectory, parsePath } from '../../core/path.js';
import { currentStage, formatVersion, parseVersion, previousStage, type VersionSelector } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { compareSnapshots, type Snapshot, type ValueChange } from '../../lifecycle/compare/compare-snapshots.js';
import { createFingerprints } from '../../lifecycle/compare/fingerprint.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { describeSecret } from '../named-versions.js';
import { printableName, printableText } from '../output/printable.js';
import { withWorkspace } from '../session.js';
import { takeSnapshot } from '../take-snapshot.js';
import { type Place, twoPlaces, twoPlacesOptions } from '../transfer/two-places.js';

const command: Command = {
  spec: {
    name: 'diff',
    summary: 'What differs between two versions, two environments or two stores',
    usage: '[path] [versions...]',
    description: [
      'Every field with what became of it, its length, and a mark by which equal values can be told within this output',
      '(never across outputs). Without versions, @previous and @current; with one, that one and @current.',
      'With --to, everything at or below the path in the write target of both environments, or with --from in both links',
      'of the chain: added is what only --to has, removed what it lacks, same what has one value in both.',
    ],
    options: [
      ...twoPlacesOptions,
      { flags: '-r, --reveal', description: 'show the values; on a terminal only' },
      { flags: '--no-values', description: 'neither lengths nor marks' },
    ],
    examples: [
      { command: 'keyward diff exchange/binance', explanation: 'what the last write changed' },
      { command: 'keyward diff exchange/binance @2 @5', explanation: 'between two versions' },
      { command: 'keyward diff --env development --to production', explanation: 'missing, extra and equal values' },
      { command: 'keyward diff exchange --from keyward --to vault', explanation: 'between two stores of the chain' },
    ],
    exitStatuses: { 1: 'the versions differ; with --to, one side has a name that the other lacks' },
  },
  run: (invocation) => diff(invocation),
};

export default command;

async function diff(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  if (flagOption(invocation, 'reveal') && !(output.isTerminal && !output.json)) {
    throw new KeywardError('invalid', 'diff shows values on a terminal only', { advice: 'Leave --reveal out.' });
  }
  const isOfPlaces = textOption(invocation, 'to') !== undefined || textOption(invocation, 'from') !== undefined;
  const changes = isOfPlaces ? await betweenPlaces(invocation) : await betweenVersions(invocation);
  show(invocation, changes);
  const isDifference = ({ change }: ValueChange) =>
    isOfPlaces ? change === 'added' || change === 'removed' : change !== 'same';
  return changes.some(isDifference) ? 1 : 0;
}

function betweenVersions(invocation: Invocation): Promise<readonly ValueChange[]> {
  const [name = '', ...versions] = invocation.args;
  const path = parsePath(name);
  const [first = previousSelector, second = currentSelector, ...more] = versions.map(parseSelector);
  if (more.length > 0) throw new KeywardError('invalid', 'two versions can be compared, not more', { path });
  return withWorkspace(invocation, async (workspace) => {
    const provider = workspace.writeTarget();
    await describeSecret(provider, path);
    const readAt = async (version: VersionSelector): Promise<Snapshot> => {
      const read = await provider.read({ path, version });
      if (read !== undefined) return new Map([[path, read.payload]]);
      throw new KeywardError('not_found', `${path} has no version ${formatVersion(version)}`, {
        path,
        advice: provider.capabilities.has('stage')
          ? `See what is kept with: keyward history ${path}`
          : `${provider.name} keeps one version of each secret. Compare environments with --to; the former versions of a file in git are shown by: git log -p`,
      });
    };
    return compareSnapshots(await readAt(first), await readAt(second));
  });
}

async function betweenPlaces(invocation: Invocation): Promise<readonly ValueChange[]> {
  const directory = parseDirectory(invocation.args[0] ?? '');
  if (invocation.args.length > 1) throw new KeywardError('invalid', 'with --to, versions cannot be compared');
  const take = async ({ workspace, provider }: Place) => ({
    config: workspace.config,
    secrets: await takeSnapshot(provider, directory),
  });
  const { from, to } = twoPlaces(invocation);
  const before = await from(take);
  const after = await to(take);
  const changes = compareSnapshots(before.secrets, after.secrets);
  const [production, development] = before.config.production ? [before, after] : [after, before];
  if (production.config.production && !development.config.production) {
    warnOfEqual(invocation, changes, production.config.environment, development.config.environment);
  }
  return changes;
}

/** Shorter ones, such as flags and ports, are no secrets by themselves. */
const minSecretBytes = 8;

function warnOfEqual(
  { output }: Invocation,
  changes: readonly ValueChange[],
  production: string,
  development: string,
): void {
  const equal = changes.filter(({ change, after }) => change === 'same' && (after?.byteLength ?? 0) >= minSecretBytes);
  if (equal.length === 0) return;
  output.finding({
    severity: 'warning',
    where: production,
    cause: `${equal.map(nameOf).join(', ')} ${equal.length === 1 ? 'has' : 'have'} the same value in ${development}`,
    fix: `Whoever may read ${development} should not hold a value of ${production}: give one of them another.`,
  });
}

function nameOf({ path, field }: Pick<ValueChange, 'path' | 'field'>): string {
  return field === undefined ? path : `${path}#${printableName(field)}`;
}

const previousSelector: VersionSelector = { kind: 'stage', stage: previousStage };
const currentSelector: VersionSelector = { kind: 'stage', stage: currentStage };

function parseSelector(text: string): VersionSelector {
  if (text.startsWith('@')) return parseVersion(text.slice(1));
  throw new KeywardError('invalid', 'a version is written as @2 or @previous');
}

const marks = { added: '+', removed: '-', changed: '~', same: '=' } as const;
const colours = { added: 'green', removed: 'red', changed: 'yellow', same: 'dim' } as const;

function show(invocation: Invocation, changes: readonly ValueChange[]): void {
  const { output } = invocation;
  const describe = describer(invocation);
  if (output.json) {
    output.document(
      changes.map(({ before, after, ...change }) => ({ ...change, before: describe(before), after: describe(after) })),
    );
    return;
  }
  output.table(
    changes.map(({ path, field, change, before, after }) => [
      output.style(colours[change], `${marks[change]} ${change}`),
      nameOf({ path, field }),
      [before, change === 'same' ? undefined : after].flatMap((value) => textOf(describe(value))).join(' → '),
    ]),
  );
}

type Described = { readonly bytes: number; readonly mark: string } | { readonly value: string } | undefined;

function textOf(described: Described): readonly string[] {
  if (described === undefined) return [];
  return ['value' in described ? described.value : `${described.bytes} bytes ${described.mark}`];
}

/** What may be said of a value in this call. */
function describer(invocation: Invocation): (value: Secret | undefined) => Described {
  if (invocation.options['values'] === false) return () => undefined;
  if (flagOption(invocation, 'reveal')) return (value) => value && { value: printableValue(value) };
  const markOf = createFingerprints();
  return (value) => value && { bytes: value.byteLength, mark: markOf(value) };
}

/** Nothing of it can move the cursor, and where it ends can be seen. */
function printableValue(value: Secret): string {
  if (value.kind === 'binary') return `base64:${Buffer.from(value.exposeBytes()).toString('base64')}`;
  return printableText(value.expose());
}
