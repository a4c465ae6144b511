import type { RecordedAccess } from './recorded-access.js';

/** Everything that one principal did with one secret in one store, by one kind of records. */
export interface Reader {
  /** The path of the project. */
  readonly path: string;
  readonly did: RecordedAccess['did'];
  readonly principal: string;
  readonly store: string;
  readonly project: string | undefined;
  readonly environment: string | undefined;
  /** Each of the processes, sorted. */
  readonly sources: readonly string[];
  /** Of those that the records name, sorted. */
  readonly versions: readonly string[];
  readonly outcomes: readonly string[];
  readonly first: Date;
  readonly last: Date;
  readonly count: number;
}

/** Sums accesses up by who did what with which secret, in the order of path, principal and what was done. */
export function readersOf(accesses: Iterable<RecordedAccess & { readonly store: string }>): readonly Reader[] {
  const groups = new Map<string, (RecordedAccess & { readonly store: string })[]>();
  for (const access of accesses) {
    const { path, principal, did, store, project, environment } = access;
    const key = JSON.stringify([path, principal, did, store, project ?? null, environment ?? null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [access]);
    else group.push(access);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => summed(group));
}

function summed(group: readonly (RecordedAccess & { readonly store: string })[]): readonly Reader[] {
  const [one] = group;
  if (one === undefined) return [];
  const { path, did, principal, store, project, environment } = one;
  let [first, last, count] = [one.time, one.time, 0];
  for (const access of group) {
    if (access.time < first) first = access.time;
    if (access.time > last) last = access.time;
    count += access.count;
  }
  const each = (of: (access: RecordedAccess) => string | undefined) =>
    [...new Set(group.flatMap((access) => of(access) ?? []))].sort(new Intl.Collator('en', { numeric: true }).compare);
  return [
    {
      ...{ path, did, principal, store, project, environment, first, last, count },
      sources: each(({ source }) => source),
      versions: each(({ version }) => version),
      outcomes: each(({ outcome }) => outcome),
    },
  ];
}
