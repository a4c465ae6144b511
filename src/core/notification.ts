import type { Path } from './path.js';

/**
 * What somebody may want to be told of: `rotation-due` is a reminder before it is time or, with `overdue`, after;
 * `rotation-waiting` is one that only a person can go on with.
 */
export const notificationKinds = [
  'rotation-due',
  'rotation-done',
  'rotation-failed',
  'rotation-waiting',
  'incident',
] as const;

export type NotificationKind = (typeof notificationKinds)[number];

/** One message for people. It holds names, times and codes, never a value. */
export interface Notification {
  /** `test` is one that somebody asked for, to see whether it arrives. */
  readonly kind: NotificationKind | 'test';
  /** The secret that it is about; `undefined` for what is about several. */
  readonly path?: Path | undefined;
  readonly project?: string | undefined;
  readonly environment: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** One line without an end: `exchange/binance is to be rotated since 2027-01-31`. */
  readonly text: string;
  /** The command to run next, or a sentence. */
  readonly next?: string | undefined;
  /** Of the inventory. */
  readonly owner?: string | undefined;
  /**
   * What tells this state from the one before: the same key is one reminder, however often it is handed in. A new
   * rotation, another failure, or a new due time has another one.
   */
  readonly key: string;
}

/** Whoever tells people. */
export interface Notifier {
  /**
   * Tells it, once for each key. It never throws: what it is about goes on without it, and what could not be delivered
   * is said elsewhere.
   */
  notify(notification: Notification): Promise<void>;
}

export const silentNotifier: Notifier = { notify: async () => undefined };
