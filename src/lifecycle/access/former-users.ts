import type { RecordedAccess } from './recorded-access.js';

/** What is known of the version that another one replaced. */
export interface FormerVersion {
  /** As records name it; `undefined` where the store has no versions. */
  readonly version: string | undefined;
  readonly replacedAt: Date;
}

/** One process that read a secret, and was seen to use a certain version last. */
export interface SecretUser {
  readonly principal: string;
  /** Which process, as the records name it: `local:4711`. */
  readonly source: string;
  readonly environment: string | undefined;
  /** What it had last; `undefined` where the records do not say it. */
  readonly version: string | undefined;
  readonly last: Date;
  /** How often it read, whichever version. */
  readonly count: number;
  /** Whether what it had last is the former version: it may use it still. */
  readonly hasFormer: boolean;
}

/** Each process that read the secret, in the order of principals and processes. Having read the new version acknowledges it. */
export function usersOf(accesses: Iterable<RecordedAccess>, former: FormerVersion | undefined): readonly SecretUser[] {
  const users = new Map<string, { last: RecordedAccess; count: number }>();
  for (const access of accesses) {
    if (access.did !== 'read') continue;
    const key = JSON.stringify([access.principal, access.environment ?? null, access.source]);
    const known = users.get(key);
    // Of two at the same time, the later record counts.
    const last = known === undefined || access.time >= known.last.time ? access : known.last;
    users.set(key, { last, count: (known?.count ?? 0) + access.count });
  }
  const order = new Intl.Collator('en', { numeric: true });
  return [...users]
    .sort(([a], [b]) => order.compare(a, b))
    .map(([, { last, count }]) => {
      const { principal, source, environment, version, time } = last;
      return { principal, source, environment, version, last: time, count, hasFormer: isFormer(last, former) };
    });
}

function isFormer({ time, version }: RecordedAccess, former: FormerVersion | undefined): boolean {
  if (former === undefined) return false;
  return time < former.replacedAt || (version !== undefined && version === former.version);
}
