import type { AuditRecord } from '../../core/client.js';
import { accessIn } from './access-line.js';
import { timeOf } from './entry-members.js';
import type { AccessRecords, RecordedAccess, RecordGap } from './recorded-access.js';

const where = 'audit log of the store';

/** Below this lie the records that hold last good copies of what other stores answered. */
export const copiesRoot = 'sys/records/last-good/';

/**
 * What records of the store's own audit log say about secrets: its own ones, copies that it keeps for outages (a path
 * below `sys/records/last-good/`), and what was put into it as an access log.
 */
export function accessesInAudit(records: Iterable<AuditRecord>): AccessRecords {
  const accesses: RecordedAccess[] = [];
  const gaps: RecordGap[] = [];
  let beginsAt: Date | undefined;
  for (const record of records) {
    if (beginsAt === undefined || record.time < beginsAt) beginsAt = record.time;
    if (record.operation === 'audit.lost' || record.operation === 'audit.cut') {
      const line = record.details['lastKnown'] ?? '?';
      gaps.push({ where, cause: `it was cut before ${record.time.toISOString()}: its line ${line} is gone` });
      continue;
    }
    const said = accessOf(record);
    if (said === undefined) continue;
    if ('lost' in said) gaps.push({ where, cause: `${said.lost} entries of an access log are lost` });
    else if ('did' in said) accesses.push(said);
  }
  return { accesses, gaps, beginsAt };
}

function accessOf(record: AuditRecord): ReturnType<typeof accessIn> {
  const { operation, kind, path, outcome, details, time } = record;
  // What it says happened before it was written down here.
  if (operation === 'audit.record') return accessIn({ ...details, path }, timeOf(details['time']) ?? time);
  if (path === undefined || outcome === 'absent') return undefined;
  const isRead = kind === 'access' && (operation === 'secrets.read' || isOfCopy(operation, path));
  const isWrite = kind === 'outcome' && (operation === 'secrets.write' || operation === 'secrets.patch');
  const isRefused = kind === 'access' && outcome !== 'ok';
  if (!isRead && !isWrite && !(isRefused && operation.startsWith('secrets.'))) return undefined;
  if (isWrite && outcome !== 'committed' && outcome !== 'unknown') return undefined;
  const { version, field } = details;
  return {
    time,
    path,
    did: isRefused ? 'tried' : isWrite ? 'wrote' : 'read',
    principal: record.actor,
    source: record.source,
    store: undefined,
    version: version === undefined ? undefined : String(version),
    field: typeof field === 'string' ? field : undefined,
    outcome: isRefused || outcome === 'unknown' ? String(outcome) : 'ok',
    count: 1,
    project: undefined,
    environment: undefined,
  };
}

function isOfCopy(operation: string, path: string): boolean {
  return operation === 'records.get' && path.startsWith(copiesRoot);
}
