import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { checkedPayload, documentMembers, documentPayload, type Payload, patchDocument } from '../../core/payload.js';
import type { NotedVersion } from '../../core/version.js';
import type { ImportItem } from './import-item.js';
import { sameValue } from './same-value.js';
import { type Change, type Wanted, withoutExpiry } from './transfer.js';

type Notes = Readonly<Record<string, string>>;

/** The secret as it is, at this path, with what is noted about it. Notes of the target stay where it has the value. */
export function wholeSecret(
  { payload, metadata }: Pick<NotedVersion, 'payload' | 'metadata'>,
  path: Path,
  history?: readonly Payload[],
): Wanted {
  return {
    path,
    history,
    change(found) {
      if (found === undefined) return { payload, metadata, missing: [path], differing: [] };
      if (sameValue(payload, found.payload)) {
        return { payload: undefined, metadata: { ...metadata, ...found.metadata }, missing: [], differing: [] };
      }
      return { payload, metadata: { ...withoutExpiry(found.metadata), ...metadata }, missing: [], differing: [path] };
    },
  };
}

/**
 * The values by the secrets that they belong to, each document as one version with all its fields beside those that the
 * target has, and the environment names noted in the metadata `env` (single values) and `env.<field>`.
 */
export function placedValues(items: readonly ImportItem[]): readonly Wanted[] {
  const byPath = new Map<Path, ImportItem[]>();
  for (const item of items) byPath.set(item.path, [...(byPath.get(item.path) ?? []), item]);
  return [...byPath].map(([path, parts]) => ({
    path,
    change(found) {
      const single = parts.find(({ field }) => field === undefined);
      const change = single === undefined ? changeOfFields(path, parts, found) : changeOfSingle(single, found);
      return { ...change, metadata: withNames(found?.metadata ?? {}, parts) };
    },
  }));
}

type ValueChange = Omit<Change, 'metadata'>;

function changeOfSingle({ path, value }: ImportItem, found: NotedVersion | undefined): ValueChange {
  const payload = checkedPayload({ kind: value.kind, bytes: value.exposeBytes() });
  if (found === undefined) return { payload, missing: [path], differing: [] };
  return sameValue(payload, found.payload)
    ? { payload: undefined, missing: [], differing: [] }
    : { payload, missing: [], differing: [path] };
}

function changeOfFields(path: Path, items: readonly ImportItem[], found: NotedVersion | undefined): ValueChange {
  const wanted = items.map(({ field = '', value }) => [field, value] as const);
  const refOf = ([field]: readonly [string, unknown]) => `${path}#${field}`;
  if (found === undefined) {
    const payload = documentPayload(wanted.map(([field, value]) => [field, value.expose()]));
    return { payload, missing: wanted.map(refOf), differing: [] };
  }
  const members = documentMembers(found.payload);
  if (members === undefined) {
    throw new KeywardError('conflict', `${path} is a single value there, and fields are to be written to it`, {
      path,
      advice: 'Give the fields another place in the plan, or remove the single value first. Nothing was written.',
    });
  }
  const present = new Map(members.map(({ name, text }) => [name, text]));
  const missing = wanted.filter(([field]) => !present.has(field));
  const differing = wanted.filter(([field, value]) => {
    const held = present.get(field);
    return held !== undefined && !value.equals(held);
  });
  const changed = new Map([...missing, ...differing].map(([field, value]) => [field, value.expose()]));
  const payload = changed.size === 0 ? undefined : patchDocument(found.payload, changed);
  return { payload, missing: missing.map(refOf), differing: differing.map(refOf) };
}

/** Names noted before are kept: another project may have moved the same secret under its own. */
function withNames(before: Notes, items: readonly ImportItem[]): Notes {
  const noted = items.flatMap(({ field, names }) => {
    if (names.length === 0) return [];
    const key = field === undefined ? 'env' : `env.${field}`;
    return [[key, [...new Set([...(before[key]?.split(' ') ?? []), ...names])].join(' ')] as const];
  });
  return { ...Object.assign({}, ...items.map(({ notes }) => notes)), ...before, ...Object.fromEntries(noted) };
}
