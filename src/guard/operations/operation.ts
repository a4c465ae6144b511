import type { BackupClient } from '../../core/backup.js';
import type { AuditRecord, SealClient } from '../../core/client.js';
import type { MaintenanceClient } from '../../core/maintenance.js';
import type { RecordStore } from '../../store/records/record-store.js';
import type { ChangeContext, SecretStore } from '../../store/secrets/secret-store.js';
import type { AuditClass, AuditLog } from '../audit/audit-log.js';

/** The capabilities of the policy language, as in Vault. `deny` exists only in rules. */
export type AccessCapability = 'create' | 'read' | 'update' | 'patch' | 'delete' | 'list' | 'sudo';

/** One thing that must be allowed for the operation to go on. */
export interface AccessTarget {
  /** A path of the policy language, such as `secret/data/exchange/binance`. */
  readonly policyPath: string;
  readonly capability: AccessCapability;
  /** Reading or patching this field only; rules that grant fields match on it. */
  readonly field?: string | undefined;
}

/** What the acts of operations work on. */
export interface ActContext {
  readonly secrets: SecretStore;
  readonly records: RecordStore;
  readonly audit: AuditLog;
  readonly seal: SealClient;
  readonly maintenance: MaintenanceClient;
  readonly backup: BackupClient;
}

interface OperationBase<Input> {
  readonly name: string;
  /** Checks, canonicalises and copies. @throws KeywardError `invalid`, `too_large` */
  readonly parse: (input: Input) => Input;
  /** The path for the log, where the operation is about one. */
  readonly auditPath?: (input: Input) => string | undefined;
}

/** The other auditable fields: an allow-list by construction. Names and numbers, never values. */
type AuditDetails<Input, Result> = (input: Input, result: Result | undefined) => AuditRecord['details'];

export interface ReadOperation<Input, Result> extends OperationBase<Input> {
  readonly kind: 'read';
  /** Everything that must be allowed, at least one thing; asked before anything happens. */
  readonly targets: (input: Input) => readonly AccessTarget[];
  readonly auditDetails?: AuditDetails<Input, Result>;
  /** How durable the record is before the answer leaves. */
  readonly recorded: AuditClass;
  readonly act: (context: ActContext, input: Input) => Promise<Result>;
}

export interface ChangeOperation<Input, Result> extends OperationBase<Input> {
  readonly kind: 'change';
  /**
   * Where making something and changing it are different rights: whether it is there already. Looked up before the
   * decision; an act that was allowed because it was absent has to demand that it still is.
   */
  readonly exists?: (context: ActContext, input: Input) => Promise<boolean>;
  /** As for a read; `exists` is true where the operation does not ask. */
  readonly targets: (input: Input, exists: boolean) => readonly AccessTarget[];
  readonly auditDetails?: AuditDetails<Input, Result>;
  /** Values that the log keeps a keyed hash of, by name, so that they can be searched for. */
  readonly auditValues?: (input: Input) => ReadonlyMap<string, Uint8Array>;
  /** What decides where the operation row lies: the secret's path or the record's name. */
  readonly shardBy: (input: Input) => string;
  readonly act: (context: ActContext, input: Input, change: ChangeContext, exists: boolean) => Promise<Result>;
}

/**
 * Changes the store itself and none of its rows: slots, keys, files. No commit can carry its outcome; so it is recorded,
 * synced, before and after, and an intent without an outcome means that its process ended in between.
 */
export interface AdministrativeOperation<Input, Result> extends OperationBase<Input> {
  readonly kind: 'administer';
  /** As for a read. */
  readonly targets: (input: Input) => readonly AccessTarget[];
  readonly auditDetails?: AuditDetails<Input, Result>;
  readonly act: (context: ActContext, input: Input) => Promise<Result>;
}

export type Operation<Input, Result> =
  | ReadOperation<Input, Result>
  | ChangeOperation<Input, Result>
  | AdministrativeOperation<Input, Result>;
