import type { AccessEntry } from '../core/access-entry.js';

/**
 * Where the entries of the access log go.
 *
 * Calls come one after the other. An entry may be offered again after a failure, so one may arrive twice; none is left
 * out between two that arrive.
 */
export interface AccessSink {
  /** For messages: what it is and where it leads. */
  readonly name: string;
  /**
   * Takes the entries, in order. What can be done at once is done before it returns, since nothing else happens while a
   * process exits.
   *
   * @throws KeywardError `unavailable`, `throttled` or `timeout` when they should be offered again later; anything else
   * when they should not.
   */
  write(entries: readonly AccessEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** Entries as lines of JSON, each with its end. */
export function jsonLines(entries: readonly AccessEntry[]): string {
  return entries.map((entry) => `${JSON.stringify({ v: 1, ...entry })}\n`).join('');
}
