import type { EntryMembers } from './entry-members.js';
import type { RecordedAccess } from './recorded-access.js';

/** Reads the audit log of a store beyond Keyward, which names secrets as that store does. */
export interface UpstreamLog {
  /** What one line says; `undefined` for one of another kind of log. */
  take(entry: EntryMembers): UpstreamEntry | undefined;
  /** What stands open after the last line, and what the log may not say. */
  end(): { readonly accesses: readonly RecordedAccess[]; readonly gaps: readonly string[] };
}

export interface UpstreamEntry {
  readonly accesses: readonly RecordedAccess[];
  /** Time of the earliest event; `undefined` when it has none. */
  readonly beginsAt: Date | undefined;
}

const maxName = 200;

/** Names are of somebody's choice, and of any length. */
export function nameOf(parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
    .slice(0, maxName);
}

type AccessOfUpstream = Pick<
  RecordedAccess,
  'time' | 'path' | 'did' | 'principal' | 'source' | 'version' | 'outcome'
> & {
  readonly upstream: string;
};

export function upstreamAccess(access: AccessOfUpstream): RecordedAccess {
  return { ...access, store: undefined, field: undefined, count: 1, project: undefined, environment: undefined };
}
