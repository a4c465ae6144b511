import type { ListPage, PatchInput, VersionNumbers } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import { type Directory, type Path, parseDirectory, parsePath } from '../../core/path.js';
import { checkedPayload } from '../../core/payload.js';
import type { WriteInput } from '../../core/provider.js';
import { formatVersion, parseField, parseStage, parseVersion, type Ref, type VersionSelector } from '../../core/ref.js';
import type { NumberedVersion, SecretDescription, SecretVersion } from '../../core/version.js';
import { utf8 } from '../../crypto/encoding.js';
import type { AccessCapability, AccessTarget, ActContext, ChangeOperation, ReadOperation } from './operation.js';
import { present } from './present.js';

interface AtPath {
  readonly path: Path;
}

interface Conditions {
  readonly ifVersion?: number | undefined;
  readonly token?: string | undefined;
}

export interface WriteSecret extends AtPath, Conditions, WriteInput {}

export interface PatchSecret extends AtPath, Conditions, PatchInput {}

export interface MoveStage extends AtPath {
  readonly stage: string;
  readonly version: number | undefined;
  readonly ifVersion?: number | undefined;
}

export interface Rollback extends AtPath {
  readonly to?: number | undefined;
  readonly ifVersion?: number | undefined;
}

const pathOf = ({ path }: AtPath): string => path;
const onPath = (prefix: string, capability: AccessCapability) => (input: AtPath) => [
  { policyPath: `${prefix}/${input.path}`, capability },
];
const versionsDetail = (input: VersionNumbers) => present({ versions: input.versions?.join(',') });

const existsAt = ({ secrets }: ActContext, { path }: AtPath) => secrets.exists(path);

/** What was allowed because the secret was absent must not overwrite one that was made in the meantime. */
const bound = ({ ifVersion, token }: Conditions, exists: boolean): Conditions => ({
  ifVersion: exists ? ifVersion : (ifVersion ?? 0),
  token,
});

export const readSecret: ReadOperation<{ readonly ref: Ref }, SecretVersion | undefined> = {
  name: 'secrets.read',
  kind: 'read',
  parse: ({ ref }) => ({ ref: checkedRef(ref) }),
  targets: ({ ref }) => [{ policyPath: `secret/data/${ref.path}`, capability: 'read', field: ref.field }],
  auditPath: ({ ref }) => ref.path,
  auditDetails: ({ ref }, found) =>
    present({
      field: ref.field,
      asked: ref.version && formatVersion(ref.version),
      version: found?.version?.number,
    }),
  recorded: 'written',
  act: ({ secrets }, { ref }) => secrets.read(ref),
};

export const describeSecret: ReadOperation<AtPath, SecretDescription<NumberedVersion> | undefined> = {
  name: 'secrets.describe',
  kind: 'read',
  parse: checkedPath,
  targets: onPath('secret/metadata', 'read'),
  auditPath: pathOf,
  recorded: 'written',
  act: ({ secrets }, { path }) => secrets.describe(path),
};

export const listSecrets: ReadOperation<
  { readonly directory: Directory; readonly cursor?: string | undefined; readonly limit?: number | undefined },
  ListPage
> = {
  name: 'secrets.list',
  kind: 'read',
  parse: ({ directory, cursor, limit }) => ({ directory: parseDirectory(directory), cursor, limit }),
  targets: ({ directory }) => [
    { policyPath: directory === '' ? 'secret/metadata/' : `secret/metadata/${directory}/`, capability: 'list' },
  ],
  auditPath: ({ directory }) => directory,
  auditDetails: (_, page) => present({ names: page?.entries.length }),
  recorded: 'written',
  act: ({ secrets }, { directory, cursor, limit }) => secrets.list(directory, { cursor, limit }),
};

export const writeSecret: ChangeOperation<WriteSecret, NumberedVersion> = {
  name: 'secrets.write',
  kind: 'change',
  parse: ({ path, payload, metadata, ifMetadata, ifVersion, token }) => ({
    path: parsePath(path),
    payload: payload && checkedPayload({ kind: payload.kind, bytes: Uint8Array.from(payload.bytes) }),
    metadata: metadata && { ...metadata },
    ifMetadata: ifMetadata && { ...ifMetadata },
    ifVersion: checkedNumber(ifVersion, 0),
    token,
  }),
  exists: existsAt,
  targets: ({ path }, exists) => [{ policyPath: `secret/data/${path}`, capability: exists ? 'update' : 'create' }],
  auditPath: pathOf,
  auditDetails: ({ payload, metadata, ifVersion }, written) =>
    present({
      bytes: payload?.bytes.length,
      kind: payload?.kind,
      metadata: metadata && Object.keys(metadata).length,
      ifVersion,
      version: written?.number,
    }),
  auditValues: ({ payload }) => new Map(payload === undefined ? [] : [['value', payload.bytes]]),
  shardBy: pathOf,
  act: ({ secrets }, { path, payload, metadata, ifMetadata, ...conditions }, change, exists) =>
    secrets.write(change, path, { payload, metadata, ifMetadata }, bound(conditions, exists)),
};

/** Each field must be allowed by itself; making a secret by its fields is making it. */
export const patchSecret: ChangeOperation<PatchSecret, NumberedVersion> = {
  name: 'secrets.patch',
  kind: 'change',
  parse: ({ path, set, remove, ifVersion, token }) => {
    const patch = { path: parsePath(path), set: set && { ...set }, remove: remove && [...remove] };
    if (fieldsOf(patch).length === 0)
      throw new KeywardError('invalid', `the patch of ${path} names no field`, { path });
    for (const field of fieldsOf(patch)) parseField(field);
    for (const value of Object.values(patch.set ?? {})) utf8(value);
    return { ...patch, ifVersion: checkedNumber(ifVersion, 0), token };
  },
  exists: existsAt,
  targets: (input, exists) => {
    const policyPath = `secret/data/${input.path}`;
    if (!exists) return [{ policyPath, capability: 'create' }];
    return fieldsOf(input).map((field): AccessTarget => ({ policyPath, capability: 'patch', field }));
  },
  auditPath: pathOf,
  auditDetails: ({ set, remove, ifVersion }, written) =>
    present({
      set: set && Object.keys(set).join(','),
      remove: remove?.join(','),
      ifVersion,
      version: written?.number,
    }),
  auditValues: ({ set }) => new Map(Object.entries(set ?? {}).map(([field, value]) => [field, utf8(value)])),
  shardBy: pathOf,
  act: ({ secrets }, { path, set, remove, ...conditions }, change, exists) =>
    secrets.patch(change, path, { set, remove }, bound(conditions, exists)),
};

export const deleteSecret: ChangeOperation<AtPath & VersionNumbers, void> = {
  name: 'secrets.delete',
  kind: 'change',
  parse: ({ path, versions }) => ({ path: parsePath(path), versions: versions && checkedNumbers(versions) }),
  targets: onPath('secret/data', 'delete'),
  auditPath: pathOf,
  auditDetails: versionsDetail,
  shardBy: pathOf,
  act: ({ secrets }, { path, versions }, change) => secrets.delete(change, path, { versions }),
};

export const undeleteSecret: ChangeOperation<AtPath & Required<VersionNumbers>, void> = {
  name: 'secrets.undelete',
  kind: 'change',
  parse: ({ path, versions }) => ({ path: parsePath(path), versions: someNumbers(versions) }),
  targets: onPath('secret/undelete', 'update'),
  auditPath: pathOf,
  auditDetails: versionsDetail,
  shardBy: pathOf,
  act: ({ secrets }, { path, versions }, change) => secrets.undelete(change, path, { versions }),
};

export const destroySecret: ChangeOperation<AtPath & Required<VersionNumbers>, void> = {
  name: 'secrets.destroy',
  kind: 'change',
  parse: ({ path, versions }) => ({ path: parsePath(path), versions: someNumbers(versions) }),
  targets: onPath('secret/destroy', 'update'),
  auditPath: pathOf,
  auditDetails: versionsDetail,
  shardBy: pathOf,
  act: ({ secrets }, { path, versions }, change) => secrets.destroy(change, path, { versions }),
};

export const purgeSecret: ChangeOperation<AtPath, void> = {
  name: 'secrets.purge',
  kind: 'change',
  parse: checkedPath,
  targets: onPath('secret/metadata', 'delete'),
  auditPath: pathOf,
  shardBy: pathOf,
  act: ({ secrets }, { path }, change) => secrets.purge(change, path),
};

export const setStage: ChangeOperation<MoveStage, void> = {
  name: 'secrets.stage',
  kind: 'change',
  parse: ({ path, stage, version, ifVersion }) => ({
    path: parsePath(path),
    stage: parseStage(stage),
    version: checkedNumber(version, 1),
    ifVersion: checkedNumber(ifVersion, 0),
  }),
  targets: onPath('secret/stages', 'update'),
  auditPath: pathOf,
  auditDetails: ({ stage, version, ifVersion }) => present({ stage, version, ifVersion }),
  shardBy: pathOf,
  act: ({ secrets }, { path, stage, version, ifVersion }, change) =>
    secrets.setStage(change, path, stage, version, { ifVersion }),
};

export const rollbackSecret: ChangeOperation<Rollback, NumberedVersion> = {
  name: 'secrets.rollback',
  kind: 'change',
  parse: ({ path, to, ifVersion }) => ({
    path: parsePath(path),
    to: checkedNumber(to, 1),
    ifVersion: checkedNumber(ifVersion, 0),
  }),
  targets: onPath('secret/stages', 'update'),
  auditPath: pathOf,
  auditDetails: ({ to, ifVersion }, current) => present({ to, ifVersion, version: current?.number }),
  shardBy: pathOf,
  act: ({ secrets }, { path, to, ifVersion }, change) => secrets.rollback(change, path, { to, ifVersion }),
};

export const setMaxVersions: ChangeOperation<AtPath & { readonly maxVersions: number }, void> = {
  name: 'secrets.max-versions',
  kind: 'change',
  parse: ({ path, maxVersions }) => ({ path: parsePath(path), maxVersions: number(maxVersions, 1) }),
  targets: onPath('secret/metadata', 'update'),
  auditPath: pathOf,
  auditDetails: ({ maxVersions }) => present({ maxVersions }),
  shardBy: pathOf,
  act: ({ secrets }, { path, maxVersions }, change) => secrets.setMaxVersions(change, path, maxVersions),
};

function fieldsOf({ set, remove }: PatchInput): readonly string[] {
  return [...Object.keys(set ?? {}), ...(remove ?? [])];
}

function checkedPath({ path }: AtPath): AtPath {
  return { path: parsePath(path) };
}

function checkedRef({ path, field, version }: Ref): Ref {
  return {
    path: parsePath(path),
    field: field === undefined ? undefined : parseField(field),
    version: version && checkedSelector(version),
  };
}

/** Its spelling must read back as the same kind, so that no stage passes for a number or an id. */
function checkedSelector(version: VersionSelector): VersionSelector {
  const parsed = parseVersion(formatVersion(version));
  if (parsed.kind !== version.kind) throw new KeywardError('invalid', `this is no version ${version.kind}`);
  return parsed;
}

function checkedNumbers(numbers: readonly number[]): readonly number[] {
  return numbers.map((value) => number(value, 1));
}

function someNumbers(numbers: readonly number[] | undefined): readonly number[] {
  if (numbers === undefined || numbers.length === 0) throw new KeywardError('invalid', 'no version is named');
  return checkedNumbers(numbers);
}

function checkedNumber(value: number | undefined, least: number): number | undefined {
  return value === undefined ? undefined : number(value, least);
}

function number(value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new KeywardError('invalid', `version numbers are whole numbers from ${least}`);
}
