import type { KeyFacts } from './key-rules.js';

/** Asks an exchange about a key, with the key. */
export interface LiveTest {
  /**
   * @param fields of the secret, by the names that they have there.
   * @throws KeywardError `unauthenticated` when the exchange does not accept the key; `unavailable` for every other
   * failure, which says nothing of the key.
   */
  examine(fields: ReadonlyMap<string, string>): Promise<KeyFacts>;
}
