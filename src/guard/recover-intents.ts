import type { OperationLog } from '../store/secrets/secret-store.js';
import type { AuditLog } from './audit/audit-log.js';

/**
 * Closes every intent whose process is gone, as committed or not committed: first in the store, so that a write which is
 * still under way can no longer happen, then in the log. Called when a store is opened, before anything else is done
 * with it. Answers how many there were.
 */
export async function recoverIntents(parts: {
  readonly audit: AuditLog;
  readonly operations: OperationLog;
  /** Who recovers, for the log: `local:<pid>`. */
  readonly source: string;
}): Promise<number> {
  const orphans = await parts.audit.orphans();
  for (const { operationId, shard } of orphans) {
    const made = await parts.operations.close(operationId, shard);
    const outcome = made === 'committed' ? 'committed' : 'not_committed';
    const about = { kind: 'outcome', actor: 'keyward', source: parts.source, operation: 'recovery' } as const;
    await parts.audit.closeIntent({ ...about, outcome, operationId, details: {} }, operationId);
  }
  return orphans.length;
}
