import { KeywardError } from './errors.js';
import type { Path } from './path.js';

/**
 * Makes sure that a secret's metadata is still what a change of it was made from; absent expects nothing.
 *
 * @throws KeywardError `conflict` when it is other by now.
 */
export function assertMetadata(
  path: Path,
  present: ReadonlyMap<string, string>,
  expected: Readonly<Record<string, string>> | undefined,
): void {
  if (expected === undefined) return;
  const entries = Object.entries(expected);
  if (entries.length === present.size && entries.every(([name, text]) => present.get(name) === text)) return;
  throw new KeywardError('conflict', `the metadata of ${path} was changed by somebody else meanwhile`, {
    path,
    advice: 'Look at it again, then make the change if it is still wanted.',
  });
}
