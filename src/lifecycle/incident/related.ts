import { type Path, parentOf } from '../../core/path.js';
import type { FrozenReader, RelatedSecret } from './incident.js';

/** What is known of a secret without saying its value. */
export interface KnownSecret {
  readonly path: Path;
  readonly owner: string | undefined;
  /** Marks of its values, equal for equal values. */
  readonly marks: ReadonlySet<string>;
  /** Marks of the hosts that it names. */
  readonly hosts: ReadonlySet<string>;
  /** The secrets that it is made of. */
  readonly parts: ReadonlySet<Path>;
}

/** The secrets that are likely to be lost with the named ones, in the order of their paths, each with the reasons. */
export function relatedTo(
  named: readonly Path[],
  all: readonly KnownSecret[],
  readers: readonly FrozenReader[],
): readonly RelatedSecret[] {
  const isNamed = new Set<Path>(named);
  const lost = all.filter(({ path }) => isNamed.has(path));
  const readBy = readersByPath(readers);
  const related = all
    .filter(({ path }) => !isNamed.has(path))
    .map((secret) => ({
      path: secret.path,
      because: [...new Set(lost.flatMap((other) => reasons(secret, other, readBy)))].sort(),
    }));
  return related.filter(({ because }) => because.length > 0).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function reasons(secret: KnownSecret, lost: KnownSecret, readBy: ReadonlyMap<string, ReadonlySet<string>>) {
  const found: string[] = [];
  const { path } = secret;
  if (overlap(secret.marks, lost.marks)) found.push(`same value as ${lost.path}`);
  if (secret.parts.has(lost.path)) found.push(`made of ${lost.path}`);
  if (lost.parts.has(path)) found.push(`${lost.path} is made of it`);
  if (path.startsWith(`${lost.path}/`) || lost.path.startsWith(`${path}/`)) found.push(`same document as ${lost.path}`);
  if (overlap(secret.hosts, lost.hosts)) found.push(`same host as ${lost.path}`);
  const parent = parentOf(path);
  if (parent !== '' && parent === parentOf(lost.path)) found.push(`below ${parent}/ as ${lost.path}`);
  if (secret.owner !== undefined && secret.owner === lost.owner) found.push(`owner ${secret.owner}`);
  if (overlap(readBy.get(path), readBy.get(lost.path))) found.push(`read by the same as ${lost.path}`);
  return found;
}

/** Whoever opened the own store is its owner: there, it is the process that tells readers from each other. */
function readersByPath(readers: readonly FrozenReader[]): ReadonlyMap<string, ReadonlySet<string>> {
  const readBy = new Map<string, Set<string>>();
  for (const { path, did, principal, sources } of readers) {
    if (did !== 'read') continue;
    const names = principal === 'owner' ? sources : [principal];
    readBy.set(path, new Set([...(readBy.get(path) ?? []), ...names]));
  }
  return readBy;
}

function overlap<Item>(a: ReadonlySet<Item> | undefined, b: ReadonlySet<Item> | undefined): boolean {
  return a !== undefined && b !== undefined && [...a].some((item) => b.has(item));
}

/** Whether rotating one without the other would leave the lost value in force. */
export function isSameValue({ because }: RelatedSecret): boolean {
  return because.some((reason) => reason.startsWith('same value') || reason.endsWith('is made of it'));
}
