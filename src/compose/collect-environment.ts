import { emitEnvironment, emittableName, fileVariables, isValidEnvironmentName } from '../core/environment-names.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { bareEntry, type InventoryEntry } from '../core/inventory.js';
import { type Path, quoted } from '../core/path.js';
import { valueField } from '../core/payload.js';
import type { OnProgress } from '../core/progress.js';
import { formatRef } from '../core/ref.js';
import { isReference, type ReferenceVariable } from '../core/reference.js';
import type { Secret } from '../core/secret.js';
import { resolveReferences } from '../resolver/resolve-references.js';
import { listedPaths } from './listed-paths.js';
import type { Workspace } from './workspace.js';

export interface CollectOptions {
  /** The environment that the values are to be added to. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Everything at or below these paths, instead of what the inventory lists. */
  readonly paths?: readonly Path[] | undefined;
  /** Only these names. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Gives names that the environment has already, too. */
  readonly override?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface CollectedEnvironment {
  /** What to set, by name. */
  readonly values: ReadonlyMap<string, Secret>;
  /** Names that would have been given, but that the environment has already. */
  readonly kept: readonly string[];
}

/** A secret or field with its value. */
export interface CollectedValue {
  readonly path: Path;
  readonly field?: string | undefined;
  readonly entry: InventoryEntry;
  readonly recorded?: string | undefined;
  readonly secret: Secret;
}

/**
 * The values that a program is to get, by environment name: what the inventory lists or lies at the paths, one name per
 * field where a secret has fields, all of one version; and what variables refer to. A reference decides for its own
 * name. A name that the environment has already, itself or as `NAME_FILE`, is kept, unless it holds a reference.
 *
 * @throws KeywardError `not_found` naming everything required that is missing, `config` when two secrets claim one name
 * or one has none, `invalid` for a name in `only` that nothing gives; as `resolveReferences`; else as the stores.
 */
export async function collectEnvironment(workspace: Workspace, options: CollectOptions): Promise<CollectedEnvironment> {
  const { environment, only, override = false } = options;
  const isWanted = (name: string) => only?.has(name) ?? true;
  const isSet = (name: string) => {
    const present = Object.hasOwn(environment, name) ? environment[name] : undefined;
    return present !== undefined && !isReference(present);
  };
  const isKept = (name: string) => !override && (isSet(name) || fileVariables(name).some(isSet));
  const [collected, references] = await Promise.all([
    collectSecrets(workspace, options, isWanted),
    workspace.references(environment),
  ]);
  refuseBadNames(references);
  const wanted = [...references].filter(([name]) => isWanted(name) && !isKept(name));
  const referred = await resolveReferences(workspace.secrets, new Map(wanted));
  const offered = new Set([...collected.keys(), ...[...references.keys()].filter(isWanted)]);
  const unknown = [...(only ?? [])].filter((name) => !offered.has(name));
  if (unknown.length > 0) {
    throw new KeywardError('invalid', `nothing gives ${unknown.join(', ')}`, {
      advice: 'Write names as the program gets them, such as BINANCE_API_KEY; see docs/reference/environment-names.md.',
    });
  }
  const kept = [...offered].filter(isKept);
  const values = [...collected].filter(([name]) => !isKept(name));
  return { values: new Map([...values, ...referred]), kept };
}

function refuseBadNames(references: ReadonlyMap<string, ReferenceVariable>): void {
  for (const [name, { where }] of references) {
    if (isValidEnvironmentName(name)) continue;
    throw new KeywardError('config', `${quoted(name)} (${where}) holds a reference and is not an environment name`, {
      advice: 'Use letters, digits and underscores, not beginning with a digit.',
    });
  }
}

async function collectSecrets(
  workspace: Workspace,
  options: Pick<CollectOptions, 'paths' | 'onProgress'>,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Secret>> {
  const { names } = emitEnvironment(await collectPlaces(workspace, options, isWanted));
  return new Map([...names].flatMap(([name, { secret }]) => (isWanted(name) ? [[name, secret]] : [])));
}

/**
 * What the inventory lists, or what lies at or below the paths: each value with its place.
 *
 * @param isWanted an entry is left out when none of the names that it gives is wanted.
 * @throws KeywardError `not_found` naming everything required that is missing; else as the stores.
 */
export async function collectPlaces(
  workspace: Workspace,
  { paths, onProgress }: Pick<CollectOptions, 'paths' | 'onProgress'>,
  isWanted: (name: string) => boolean = () => true,
): Promise<readonly CollectedValue[]> {
  const missing: string[] = [];
  const reads =
    paths === undefined
      ? [...workspace.config.inventory.values()].map((entry) => collectEntry(workspace, entry, isWanted, missing))
      : (await listedPaths(workspace, paths)).map((path) => collectPath(workspace, path));
  let done = 0;
  const told = reads.map(async (read) => {
    const values = await read;
    done += 1;
    onProgress?.({ step: 'reading', part: done / reads.length });
    return values;
  });
  const collected = await Promise.all(told);
  if (missing.length > 0) {
    throw new KeywardError(
      'not_found',
      `the inventory asks for what no store has in the environment ${workspace.config.environment}: ${missing.sort().join(', ')}`,
      { advice: 'Set them (keyward set <path>), or mark them with `required: false`.' },
    );
  }
  return collected.flat();
}

/** An entry of the inventory; nothing when none of the names that it gives is wanted. */
async function collectEntry(
  workspace: Workspace,
  entry: InventoryEntry,
  isWanted: (name: string) => boolean,
  missing: string[],
): Promise<readonly CollectedValue[]> {
  const { path, fields } = entry;
  const given = (field?: string) => (field === undefined ? entry.env : (entry.fieldEnv.get(field) ?? []));
  const mayBeWanted = (field?: string) => given(field).length === 0 || given(field).some(isWanted);
  const noteMissing = (field?: string) => {
    const name = emittableName({ path, field }, entry);
    const isMissed = entry.required && (name === undefined || isWanted(name));
    if (isMissed) missing.push(field === undefined ? path : formatRef({ path, field }));
  };
  if (!(fields ?? [undefined]).some(mayBeWanted)) return [];
  try {
    const values = new Map<string | undefined, Secret>();
    if (fields === undefined) {
      values.set(undefined, await workspace.secrets.get(path));
    } else {
      const document = new Map(Object.entries(await workspace.secrets.getAll(path)));
      for (const field of fields) {
        const secret = document.get(field);
        if (secret === undefined) noteMissing(field);
        else values.set(field, secret);
      }
    }
    return await withRecordedNames(workspace, entry, values);
  } catch (error) {
    if (!isKeywardError(error, 'not_found')) throw error;
    if (fields === undefined) noteMissing();
    else fields.forEach(noteMissing);
    return [];
  }
}

/** What lies at the path of a store: its fields, or its one value. */
async function collectPath(workspace: Workspace, path: Path): Promise<readonly CollectedValue[]> {
  const entry = workspace.config.inventory.get(path) ?? bareEntry(path);
  try {
    const fields = Object.entries(await workspace.secrets.getAll(path));
    const [first] = fields;
    const isSingle = fields.length === 1 && first?.[0] === valueField;
    return await withRecordedNames(workspace, entry, new Map(isSingle ? [[undefined, first[1]]] : fields));
  } catch (error) {
    // It was deleted, before or since it was listed.
    if (isKeywardError(error, 'not_found', 'deleted')) return [];
    throw error;
  }
}

/** Adds the names under which they were imported, where none is given and the store that answered noted one. */
async function withRecordedNames(
  workspace: Workspace,
  entry: InventoryEntry,
  values: ReadonlyMap<string | undefined, Secret>,
): Promise<readonly CollectedValue[]> {
  const { path } = entry;
  const isNamed = (field: string | undefined) =>
    field === undefined ? entry.env.length > 0 : entry.fieldEnv.has(field);
  const [first] = values.values();
  const needsNames = [...values.keys()].some((field) => !isNamed(field));
  const metadata = first === undefined || !needsNames ? {} : await metadataAt(workspace, path, first);
  return [...values].map(([field, secret]) => {
    const recorded = isNamed(field) ? undefined : metadata[field === undefined ? 'env' : `env.${field}`];
    return { path, field, entry, secret, recorded };
  });
}

async function metadataAt(workspace: Workspace, path: Path, secret: Secret): Promise<Readonly<Record<string, string>>> {
  const provider = workspace.providers.find(({ name }) => name === secret.origin?.provider);
  if (provider === undefined || !provider.capabilities.has('describe') || !provider.traits.managed) return {};
  return (await provider.describe(path))?.metadata ?? {};
}
