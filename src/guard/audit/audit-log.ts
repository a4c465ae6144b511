import type { AuditFilter, AuditRecord, AuditVerification } from '../../core/client.js';
import type { LongWork } from '../../core/maintenance.js';

/** What one entry says; the log adds node, sequence and time. */
export type AuditEntry = Omit<AuditRecord, 'node' | 'sequence' | 'time'>;

/**
 * When the call resolves: `synced` after the entry is durable; `written` after the operating system has it (it is synced
 * within 100 ms).
 */
export type AuditClass = 'synced' | 'written';

/** A change that was announced and not closed, of a process that is gone. */
export interface OpenIntent {
  readonly operationId: string;
  /** Where its operation row lies; `undefined` for an act of administration, which has none. */
  readonly shard: number | undefined;
}

export interface OrphanedIntent extends OpenIntent {
  /** Milliseconds since it was announced. */
  readonly ageMs: number;
}

/**
 * The log of one store on one host. All of its processes write one chain. `append` rejects with `unavailable` within two
 * seconds when an entry cannot be written, and says why; after a failed sync, or when the file was replaced or removed,
 * every later call does.
 */
export interface AuditLog {
  /** Hex of the key that signs now, for an owner to keep. */
  readonly publicKey: string;
  append(entry: AuditEntry, durability: AuditClass): Promise<void>;
  /** Appends an intent entry, synced, and keeps it open until its outcome is appended. */
  openIntent(entry: AuditEntry, intent: OpenIntent): Promise<void>;
  /**
   * Appends the outcome and closes the intent. A second outcome of one intent is not written. `written` is enough where
   * the store's own row of the operation says the same: after a power cut, recovery closes the intent by it.
   */
  closeIntent(entry: AuditEntry, operationId: string, durability: AuditClass): Promise<void>;
  /** Intents whose process (id and start time) no longer runs. */
  orphans(): Promise<readonly OrphanedIntent[]>;
  /** Newest `limit` entries that match, oldest first. */
  show(filter: AuditFilter): Promise<readonly AuditRecord[]>;
  verify(
    options?: LongWork & { anchor?: Uint8Array | undefined; publicKey?: string | undefined },
  ): Promise<AuditVerification>;
  /** Signs the log as it stands, appends the statement to it and answers it. */
  checkpoint(): Promise<Uint8Array>;
  /**
   * Makes a new key sign from here on; a statement in the log that the old one signs announces it. Answers the new
   * public key in hex.
   */
  replaceKey(): Promise<string>;
  /** Checkpoints what is unsigned and closes. */
  close(): Promise<void>;
}
