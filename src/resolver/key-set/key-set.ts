import type { Acceptance } from '../create-verifier.js';
import type { KeyLimits, KeyRefusal, KeyUsage } from './key-meter.js';

/** How a key was judged. Holds nothing of the value, so it can be logged. Whose it is, is said of right values only. */
export type KeyAnswer =
  | { readonly answer: 'unknown' }
  | (({ readonly answer: 'accepted' } | KeyRefusal) & Acceptance & { readonly id: string });

export interface KeySet {
  /**
   * Whose key this is, and whether it is within its limits. An id that is not in the set is answered like a wrong value of
   * one that is, in the same time. Wrong values do not count against a key.
   *
   * @throws KeywardError as `get`, when the values cannot be had: nothing is accepted then.
   */
  validate(provided: string): Promise<KeyAnswer>;
  /**
   * Takes a key into the set, or holds one that is in it to other limits.
   *
   * @throws KeywardError `invalid` for an id or limits that are none, and for more keys than there may be; else as `get`.
   */
  allow(id: string, limits?: KeyLimits): Promise<void>;
  /** Takes a key out of the set, with its counts: it is not accepted from now on. */
  withdraw(id: string): void;
  /** Counts of this process by the id of the key. */
  usage(): ReadonlyMap<string, KeyUsage>;
}
