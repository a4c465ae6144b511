import type { StorePoint } from './maintenance.js';

/** A row as it lies in the store: sealed, under a keyed hash. */
export interface SealedRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Pieces of a file of the audit log, in order. */
export interface AuditPiece {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Everything that a backup of the store holds, of one moment, sealed as it lies there. */
export interface StoreSnapshot {
  readonly storeId: string;
  readonly header: Uint8Array;
  /** Without it the header opens nothing. */
  readonly latch: Uint8Array;
  /** To whom the backup is to be sealed, by kind of slot: public keys of X25519. */
  readonly backupKeys: readonly { readonly kind: string; readonly key: Uint8Array }[];
  /** In key order; answers where the store stood. */
  readonly rows: () => AsyncGenerator<SealedRow, StorePoint>;
  readonly audit: () => AsyncIterable<AuditPiece>;
}

/** What was backed up, for the log. */
export interface BackupSummary extends StorePoint {
  /** Of the file. */
  readonly name: string;
  readonly rows: number;
  readonly secrets: number;
  readonly bytes: number;
  /** Hex, of the file. */
  readonly sha256: string;
}

/** Takes the store as a whole. Needs the right to administer it, and is audited. */
export interface BackupClient {
  /**
   * Hands out the store of one moment, while others go on working.
   *
   * @param take is called again when the keys of the store were changed meanwhile; what it made before is void.
   * @throws KeywardError `conflict` when they keep changing; what `take` throws.
   */
  create(take: (snapshot: StoreSnapshot) => Promise<BackupSummary>): Promise<BackupSummary>;
}
