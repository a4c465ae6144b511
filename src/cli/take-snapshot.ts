import { isKeywardError } from '../core/errors.js';
import type { Directory, Path } from '../core/path.js';
import type { Payload } from '../core/payload.js';
import type { Provider } from '../core/provider.js';
import type { Snapshot } from '../lifecycle/compare/compare-snapshots.js';
import { assertCapable } from './named-versions.js';

const batch = 100;

/**
 * The current version of every secret at or below the directory; those that were deleted count as absent.
 *
 * @throws KeywardError `unsupported` when the store cannot list, and what reading throws: half a snapshot would look
 * like missing names.
 */
export async function takeSnapshot(provider: Provider, directory: Directory): Promise<Snapshot> {
  assertCapable(provider, 'list');
  const paths: Path[] = [];
  for await (const path of provider.list(directory)) paths.push(path);
  const snapshot = new Map<Path, Payload>();
  for (let at = 0; at < paths.length; at += batch) {
    const refs = paths.slice(at, at + batch).map((path) => ({ path }));
    for (const answer of await provider.readMany(refs)) {
      if (isKeywardError(answer, 'deleted') || answer === undefined) continue;
      if (isKeywardError(answer)) throw answer;
      snapshot.set(answer.path, answer.payload);
    }
  }
  return snapshot;
}
