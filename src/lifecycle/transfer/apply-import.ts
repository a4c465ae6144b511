import { KeywardError } from '../../core/errors.js';
import { readNoted } from '../../core/metadata.js';
import type { Path } from '../../core/path.js';
import { checkedPayload, documentMembers, documentPayload, type Payload, patchDocument } from '../../core/payload.js';
import type { Provider, WriteInput } from '../../core/provider.js';
import { Secret } from '../../core/secret.js';
import type { SecretVersion } from '../../core/version.js';
import { type VersionKey, versionKey } from '../../core/version.js';
import type { ImportItem } from './import-item.js';
import type { ImportPlan } from './import-plan.js';

export interface ImportProgress {
  readonly path: Path;
  readonly outcome: 'written' | 'unchanged';
  /** How many secrets are done, this one included, and how many the plan has. */
  readonly done: number;
  readonly total: number;
}

export interface ApplyOptions {
  /** Replaces values that differ. Without it one differing value stops the import before anything is written. */
  readonly overwrite?: boolean | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportResult {
  readonly written: number;
  readonly unchanged: number;
}

/** What is to be written to one path; no input when the store already holds it. */
interface Step {
  readonly path: Path;
  readonly input: WriteInput | undefined;
  readonly ifVersion: VersionKey | undefined;
  /** Refs of values that are there and differ. */
  readonly differing: readonly string[];
}

/**
 * Writes the plan's values, each document as one version with all its fields, and notes the environment names in the
 * metadata `env` (single values) and `env.<field>`. Every write checks that the secret is still as it was read. What is
 * there already is not written again, so an import that was interrupted is finished by running it once more.
 *
 * @throws KeywardError `invalid` when the plan has problems; `unsupported` when the store cannot be written; `conflict`
 * when values differ and `overwrite` is not set (before anything is written), when a secret has the other shape, or when
 * somebody else changed one meanwhile; and what the store throws.
 */
export async function applyImport(
  plan: ImportPlan,
  provider: Provider,
  { overwrite = false, onProgress, signal }: ApplyOptions = {},
): Promise<ImportResult> {
  refuseProblems(plan);
  if (!provider.capabilities.has('write')) {
    throw new KeywardError('unsupported', `${provider.name} cannot be written to`, { store: provider.name });
  }
  const steps: Step[] = [];
  for (const [path, items] of itemsByPath(plan)) {
    steps.push(stepFor(path, items, await readNoted(provider, path, { signal }), provider.name));
  }
  const differing = steps.flatMap((step) => step.differing);
  if (differing.length > 0 && !overwrite) {
    throw new KeywardError('conflict', `${provider.name} holds other values for ${differing.join(', ')}`, {
      store: provider.name,
      advice: 'Nothing was written. Overwrite them on purpose (--overwrite), or leave these names out of the plan.',
    });
  }
  let written = 0;
  for (const [index, { path, input, ifVersion }] of steps.entries()) {
    if (input !== undefined) {
      await provider.write(path, input, { ifVersion, signal });
      written += 1;
    }
    const outcome = input === undefined ? 'unchanged' : 'written';
    onProgress?.({ path, outcome, done: index + 1, total: steps.length });
  }
  return { written, unchanged: steps.length - written };
}

/** The plan's items by the secret they belong to. */
export function itemsByPath(plan: ImportPlan): ReadonlyMap<Path, readonly ImportItem[]> {
  const byPath = new Map<Path, ImportItem[]>();
  for (const item of plan.items) byPath.set(item.path, [...(byPath.get(item.path) ?? []), item]);
  return byPath;
}

function refuseProblems({ problems }: ImportPlan): void {
  if (problems.length === 0) return;
  const causes = problems.map(({ where, cause }) => `${where}: ${cause}`).join('; ');
  throw new KeywardError('invalid', `the import plan has problems: ${causes}`, { advice: 'Edit the plan first.' });
}

function stepFor(path: Path, items: readonly ImportItem[], found: SecretVersion | undefined, store: string): Step {
  const single = items.find((item) => item.field === undefined);
  const { payload, differing } =
    single === undefined ? documentStep(path, items, found, store) : singleStep(path, single, found);
  const before = found?.metadata ?? {};
  const metadata = withNames(before, items);
  const isNoted = Object.entries(metadata).every(([key, value]) => before[key] === value);
  const isWritten = payload === undefined && isNoted;
  return {
    path,
    input: isWritten ? undefined : { payload, metadata },
    ifVersion: found === undefined ? 0 : found.version && versionKey(found.version),
    differing,
  };
}

interface Change {
  /** Absent when the store holds the values already. */
  readonly payload: Payload | undefined;
  readonly differing: readonly string[];
}

function singleStep(path: Path, { value }: ImportItem, found: SecretVersion | undefined): Change {
  if (found !== undefined && Secret.of(found.payload).equals(value)) return { payload: undefined, differing: [] };
  const payload = checkedPayload({ kind: value.kind, bytes: value.exposeBytes() });
  return { payload, differing: found === undefined ? [] : [path] };
}

function documentStep(
  path: Path,
  items: readonly ImportItem[],
  found: SecretVersion | undefined,
  store: string,
): Change {
  const wanted = items.map(({ field = '', value }) => [field, value] as const);
  if (found === undefined) {
    return { payload: documentPayload(wanted.map(([field, value]) => [field, value.expose()])), differing: [] };
  }
  const members = documentMembers(found.payload);
  if (members === undefined) {
    throw new KeywardError('conflict', `${path} is a single value in ${store}, the plan has fields for it`, {
      store,
      path,
      advice: 'Give the fields another place in the plan, or remove the single value first. Nothing was written.',
    });
  }
  const present = new Map(members.map(({ name, text }) => [name, text]));
  const changed = wanted.filter(([field, value]) => {
    const held = present.get(field);
    return held === undefined || !value.equals(held);
  });
  if (changed.length === 0) return { payload: undefined, differing: [] };
  return {
    payload: patchDocument(found.payload, new Map(changed.map(([field, value]) => [field, value.expose()]))),
    differing: changed.filter(([field]) => present.has(field)).map(([field]) => `${path}#${field}`),
  };
}

/** Names noted before are kept: another project may have imported the same secret under its own. */
function withNames(
  metadata: Readonly<Record<string, string>>,
  items: readonly ImportItem[],
): Readonly<Record<string, string>> {
  const named = items.filter(({ names }) => names.length > 0);
  const noted = named.map(({ field, names }) => {
    const key = field === undefined ? 'env' : `env.${field}`;
    const before = metadata[key]?.split(' ') ?? [];
    return [key, [...new Set([...before, ...names])].join(' ')] as const;
  });
  return { ...metadata, ...Object.fromEntries(noted) };
}
