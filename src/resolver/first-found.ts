import { isKeywardError, type KeywardError } from '../core/errors.js';

/**
 * Tries the ways to find one thing in one store, in order: found wins, then denied, then absent. Any other failure ends
 * the search, and a denial before it outranks it, so that an outage never hides a refusal.
 *
 * @throws KeywardError `denied` when nothing was found and a way was refused; else the failure that ended the search.
 */
export async function firstFound<T>(ways: Iterable<() => Promise<T | undefined>>): Promise<T | undefined> {
  let denial: KeywardError | undefined;
  for (const way of ways) {
    try {
      const found = await way();
      if (found !== undefined) return found;
    } catch (error) {
      if (!isKeywardError(error, 'denied')) throw denial ?? error;
      denial ??= error;
    }
  }
  if (denial !== undefined) throw denial;
  return undefined;
}
