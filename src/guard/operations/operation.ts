import type { AuditRecord } from '../../core/client.js';
import type { RecordStore } from '../../store/records/record-store.js';
import type { ChangeContext, SecretStore } from '../../store/secrets/secret-store.js';
import type { AuditLog } from '../audit/audit-log.js';

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
}

interface OperationBase<Input, Result> {
  readonly name: string;
  /** Checks and canonicalises. @throws KeywardError `invalid`, `too_large` */
  readonly parse: (input: Input) => Input;
  /** Everything that must be allowed; asked before anything happens. */
  readonly targets: (input: Input) => readonly AccessTarget[];
  /** The path for the log, where the operation is about one. */
  readonly auditPath?: (input: Input) => string | undefined;
  /** The other auditable fields: an allow-list by construction. Never values. */
  readonly auditDetails?: (input: Input, result: Result | undefined) => AuditRecord['details'];
}

export interface ReadOperation<Input, Result> extends OperationBase<Input, Result> {
  readonly kind: 'read';
  readonly act: (context: ActContext, input: Input) => Promise<Result>;
}

export interface ChangeOperation<Input, Result> extends OperationBase<Input, Result> {
  readonly kind: 'change';
  /** What decides where the operation row lies: the secret's path or the record's name. */
  readonly shardBy: (input: Input) => string;
  readonly act: (context: ActContext, input: Input, change: ChangeContext) => Promise<Result>;
}

export type Operation<Input, Result> = ReadOperation<Input, Result> | ChangeOperation<Input, Result>;
