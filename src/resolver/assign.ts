import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { readNoted } from '../core/metadata.js';
import { baseOf, type Path, parentOf } from '../core/path.js';
import { documentMembers, documentPayload, type Payload, patchDocument } from '../core/payload.js';
import { expectedVersion, type Provider } from '../core/provider.js';
import { currentStage, type Ref } from '../core/ref.js';
import { type SecretVersion, type VersionInfo, type VersionKey, versionKey } from '../core/version.js';

/** What a name stands for when it is written: a secret of its own, or a field of its parent document. */
export type AssignmentTarget =
  | { readonly kind: 'secret'; readonly path: Path }
  | { readonly kind: 'field'; readonly path: Path; readonly field: string };

export interface AssignOptions {
  readonly ifVersion?: VersionKey | undefined;
  /** Replaces the whole document instead of merging into it. */
  readonly replace?: boolean | undefined;
  /** Entries of the metadata to set, or to take away with `undefined`; the others stay. */
  readonly metadata?: MetadataPatch | undefined;
}

export type MetadataPatch = ReadonlyMap<string, string | undefined>;

export interface AssignResult {
  readonly version: VersionInfo | undefined;
  /** Fields that were there and are gone. */
  readonly removed: readonly string[];
}

const maxAttempts = 5;

/**
 * `a/b#c` is the field. `a/b/c` is the field when the inventory says so or the document `a/b` has it, else the secret.
 *
 * @throws KeywardError `conflict` when both exist in the store, naming both spellings.
 */
export async function locateAssignment(provider: Provider, inventory: Inventory, ref: Ref): Promise<AssignmentTarget> {
  if (ref.field !== undefined) return { kind: 'field', path: ref.path, field: ref.field };
  const asSecret: AssignmentTarget = { kind: 'secret', path: ref.path };
  const parent = parentOf(ref.path);
  if (parent === '' || inventory.has(ref.path)) return asSecret;
  const field = baseOf(ref.path);
  const asField: AssignmentTarget = { kind: 'field', path: parent, field };
  if (inventory.get(parent)?.fields?.includes(field) === true) return asField;
  const [secret, document] = await Promise.all([readCurrent(provider, ref.path), readCurrent(provider, parent)]);
  const hasField = document !== undefined && (documentMembers(document.payload) ?? []).some((m) => m.name === field);
  if (secret !== undefined && hasField) {
    throw new KeywardError(
      'conflict',
      `${ref.path} is both a secret and the field ${field} of ${parent}; ${provider.name} would not know which is meant`,
      { store: provider.name, path: ref.path, advice: `Write the field as ${parent}#${field}, or purge one of them.` },
    );
  }
  return hasField ? asField : asSecret;
}

/**
 * Sets fields of a document under check-and-set, starting from none when it does not exist; the other fields stay as
 * they are. A change by somebody else in between is merged, unless a version was asked for.
 *
 * @throws KeywardError `invalid` when the secret is a single value and `replace` is not set, `conflict`.
 */
export async function assignFields(
  provider: Provider,
  path: Path,
  fields: ReadonlyMap<string, string>,
  options: AssignOptions,
): Promise<AssignResult> {
  let removed: readonly string[] = [];
  const version = await writeOver(provider, path, options, ({ payload }) => {
    const next = nextDocument(path, payload, fields, options.replace === true);
    removed = next.removed;
    return next.payload;
  });
  return { version, removed };
}

/**
 * Makes the payload the secret's whole value, whatever it was; without a payload only the metadata changes.
 *
 * @throws KeywardError `conflict` when the current version is not the one asked for, `not_found` for the metadata of
 * a secret that does not exist.
 */
export async function assignValue(
  provider: Provider,
  path: Path,
  payload: Payload | undefined,
  { ifVersion, metadata }: Omit<AssignOptions, 'replace'>,
): Promise<AssignResult> {
  const version =
    metadata === undefined
      ? await provider.write(path, { payload }, { ifVersion })
      : await writeOver(provider, path, { ifVersion, metadata }, () => payload);
  return { version, removed: [] };
}

/** Writes what is made of the secret as it is; made again when somebody else was faster. */
async function writeOver(
  provider: Provider,
  path: Path,
  options: AssignOptions,
  make: (before: Before) => Payload | undefined,
): Promise<VersionInfo | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await readBefore(provider, path, options.metadata !== undefined);
    const metadata = patchedMetadata(before.metadata, options.metadata);
    const input = { payload: make(before), metadata, ifMetadata: metadata && before.metadata };
    try {
      return await provider.write(path, input, {
        ifVersion: options.ifVersion ?? expectedVersion(provider, before.version),
      });
    } catch (error) {
      const mayRetry = options.ifVersion === undefined && attempt < maxAttempts;
      if (!(mayRetry && isKeywardError(error, 'conflict'))) throw error;
    }
  }
}

function patchedMetadata(
  before: Readonly<Record<string, string>>,
  patch: MetadataPatch | undefined,
): Readonly<Record<string, string>> | undefined {
  if (patch === undefined) return undefined;
  const entries = [...new Map<string, string | undefined>([...Object.entries(before), ...patch])];
  return Object.fromEntries(entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}

function nextDocument(
  path: Path,
  current: Payload | undefined,
  fields: ReadonlyMap<string, string>,
  replace: boolean,
): { readonly payload: Payload; readonly removed: readonly string[] } {
  if (current === undefined) return { payload: documentPayload(fields), removed: [] };
  const members = documentMembers(current);
  if (replace) {
    const removed = (members ?? []).map((member) => member.name).filter((name) => !fields.has(name));
    return { payload: documentPayload(fields), removed };
  }
  if (members === undefined) {
    throw new KeywardError('invalid', `${path} holds a single value, not a document with fields`, {
      path,
      advice: 'Replace it as a whole with --replace, or set another path.',
    });
  }
  return { payload: patchDocument(current, fields), removed: [] };
}

/** A secret as a change finds it. */
interface Before {
  /** `undefined` when there is none, or it was deleted. */
  readonly payload: Payload | undefined;
  /** What a write has to expect, also when the current version was deleted; `undefined` where the store cannot say. */
  readonly version: VersionKey | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @param isNoted Whether the metadata is needed, which some stores say apart. */
async function readBefore(provider: Provider, path: Path, isNoted: boolean): Promise<Before> {
  const current = await (isNoted ? unlessDeleted(readNoted(provider, path)) : readCurrent(provider, path));
  if (current !== undefined) {
    const { payload, version, metadata } = current;
    return { payload, version: version && versionKey(version), metadata: metadata ?? {} };
  }
  if (!provider.capabilities.has('describe')) return { payload: undefined, version: undefined, metadata: {} };
  const description = await provider.describe(path);
  const stored = description?.versions.find(({ stages }) => stages.includes(currentStage));
  // Live since we looked: expecting none turns the write into a conflict, and the change is made again.
  const version = stored === undefined || stored.state === 'live' ? 0 : versionKey(stored);
  return { payload: undefined, version, metadata: description?.metadata ?? {} };
}

/** The current version; `undefined` when there is none or it was deleted. */
export function readCurrent(provider: Provider, path: Path): Promise<SecretVersion | undefined> {
  return unlessDeleted(provider.read({ path }));
}

async function unlessDeleted(reading: Promise<SecretVersion | undefined>): Promise<SecretVersion | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isKeywardError(error, 'deleted')) return undefined;
    throw error;
  }
}
