import type { OnProgress } from './progress.js';

export interface LongWork {
  readonly onProgress?: OnProgress | undefined;
}

/** Ordered by epoch, then by commit number. */
export interface StorePoint {
  readonly epoch: number;
  readonly commit: number;
}

export interface MaintenanceStatus {
  /** The term under which everything new is sealed. */
  readonly term: number;
  /** Whether a rotation to it is not finished yet. */
  readonly isRotating: boolean;
  readonly rollback: RollbackStatus;
}

/** How the store compares with its anchor, which lies outside of it. */
export interface RollbackStatus {
  /** The store was put back to an older state, or a different one of the same age, and nobody has accepted it. */
  readonly isDisputed: boolean;
  readonly store: StorePoint;
  /** How far the store had come, and when that was written down; `undefined` without an anchor. */
  readonly anchor: (StorePoint & { readonly writtenAt: Date }) | undefined;
}

/** Work on the store as a whole. All of it needs the right to administer it, and is audited. */
export interface MaintenanceClient {
  status(): Promise<MaintenanceStatus>;
  /**
   * Begins a new term and seals everything anew under it, or finishes a rotation that was interrupted. Others may go on
   * working. Answers the term.
   */
  rotate(options?: LongWork): Promise<{ readonly term: number; readonly resumed: boolean }>;
  /**
   * Makes what was destroyed, removed or replaced unreadable for good, also for whoever has the root key of today: a new
   * term, a new root key, new files. Copies made before are not reached.
   *
   * @throws KeywardError `conflict` that names other processes which have the store open; nothing has changed then.
   */
  shred(options?: LongWork): Promise<{ readonly term: number }>;
  /**
   * Declares the present content to be the true one. Whatever was issued before is void.
   *
   * @throws KeywardError `conflict` when there is nothing to accept, or when somebody else commits at the same time.
   */
  acceptRollback(): Promise<StorePoint>;
}
