import type { Notification } from '../../../core/notification.js';

/** One way to tell people. Construction does no I/O. */
export interface Channel {
  /**
   * Tells it, for ten seconds at most. What it signs in with is asked for each time, and is in no message and no error.
   *
   * @throws KeywardError `throttled` when it is told to wait, `unauthenticated` or `denied` when it is refused, `config`
   * when it has nobody to tell or what it signs in with has not the right form, `integrity` when the server is not proven
   * to be the right one, `timeout` or `unavailable` when it may not have been told; as the chain.
   */
  send(notification: Notification): Promise<void>;
}
