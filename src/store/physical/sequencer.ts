/** What an exclusive step leaves behind, and what it answers. */
export interface Step<T> {
  /** The new state; `undefined` keeps the old one. */
  readonly state: Uint8Array | undefined;
  readonly result: T;
}

/**
 * One small state, and the right to act alone with it: among all processes that have the same sequencer open, one step
 * runs at a time. It orders the writers of the audit log and of the anchor.
 *
 * The state is disposable: a step is handed `undefined` when there is none yet or when it was lost, and must be able to
 * rebuild it. It is not synced by itself; after a crash of the host it may be older than the newest one that was
 * acknowledged.
 */
export interface Sequencer {
  /**
   * Runs the step alone, synchronously: it must do no asynchronous work. When it throws, the state stays as it was and
   * the promise rejects with its error.
   *
   * @throws KeywardError `timeout` when the turn does not come within the deadline (another process holds it and does
   * not move); the step will then not run. `unavailable` after `close`.
   */
  exclusive<T>(step: (state: Uint8Array | undefined) => Step<T>, options?: { deadlineMs?: number }): Promise<T>;

  close(): Promise<void>;
}
