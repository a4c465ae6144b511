import { operationRetentionMs } from '../store/secrets/operation-journal.js';
import type { OperationLog, OperationOutcome } from '../store/secrets/secret-store.js';
import type { AuditLog, OrphanedIntent } from './audit/audit-log.js';

/**
 * Closes every intent whose process is gone, as committed or not committed: first in the store, so that a write which is
 * still under way can no longer happen, then in the log. What the store may have forgotten by now is closed as unknown,
 * and so is an act of administration, of which the store has no record.
 * Called when a store is opened, before anything else is done with it. Answers how many there were.
 */
export async function recoverIntents(parts: {
  readonly audit: AuditLog;
  readonly operations: OperationLog;
  /** Who recovers, for the log: `local:<pid>`. */
  readonly source: string;
}): Promise<number> {
  const { audit, operations, source } = parts;
  const orphans = await audit.orphans();
  const record = async (orphan: OrphanedIntent, made: OperationOutcome | undefined) => {
    const { operationId } = orphan;
    const about = { kind: 'outcome', actor: 'keyward', source, operation: 'recovery' } as const;
    const entry = { ...about, outcome: auditOutcome(orphan, made), operationId, details: {} };
    await audit.closeIntent(entry, operationId, 'written');
  };
  const open: (() => Promise<void>)[] = [];
  const settled: (readonly [OrphanedIntent, OperationOutcome | undefined])[] = [];
  // All are read before any is closed in the store: that lets the rows of others go whose time is over.
  for (const orphan of orphans) {
    const { operationId, shard } = orphan;
    const made = shard === undefined ? undefined : await operations.outcome(operationId, shard);
    if (made !== undefined || shard === undefined) settled.push([orphan, made]);
    else open.push(async () => record(orphan, await operations.close(operationId, shard)));
  }
  for (const [orphan, made] of settled) await record(orphan, made);
  for (const close of open) await close();
  return orphans.length;
}

/** The row of an aborted change may have been made by a recovery, after that of the committed one was let go. */
function auditOutcome(
  { ageMs }: OrphanedIntent,
  made: OperationOutcome | undefined,
): 'committed' | 'not_committed' | 'unknown' {
  if (made === undefined) return 'unknown';
  if (made === 'committed') return 'committed';
  return ageMs > operationRetentionMs ? 'unknown' : 'not_committed';
}
