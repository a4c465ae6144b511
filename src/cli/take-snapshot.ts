import { isKeywardError } from '../core/errors.js';
import type { Directory, Path } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import type { SecretVersion } from '../core/version.js';
import type { Snapshot } from '../lifecycle/compare/compare-snapshots.js';
import { assertCapable } from './named-versions.js';

/** Stores without a batch read get each ref by itself, and all of a batch at once. */
const batchOf = ({ capabilities }: Provider) => (capabilities.has('readMany') ? 100 : 8);

/**
 * The current version of every secret at or below the directory; those that were deleted count as absent.
 *
 * @throws KeywardError `unsupported` when the store cannot list, and what reading throws: a part would look like missing
 * names.
 */
export async function readSecrets(provider: Provider, directory: Directory): Promise<readonly SecretVersion[]> {
  assertCapable(provider, 'list');
  const paths: Path[] = [];
  for await (const path of provider.list(directory)) paths.push(path);
  const secrets: SecretVersion[] = [];
  const batch = batchOf(provider);
  for (let at = 0; at < paths.length; at += batch) {
    const refs = paths.slice(at, at + batch).map((path) => ({ path }));
    for (const answer of await provider.readMany(refs)) {
      if (isKeywardError(answer, 'deleted') || answer === undefined) continue;
      if (isKeywardError(answer)) throw answer;
      secrets.push(answer);
    }
  }
  return secrets;
}

/** As `readSecrets`, for comparing. */
export async function takeSnapshot(provider: Provider, directory: Directory): Promise<Snapshot> {
  return new Map((await readSecrets(provider, directory)).map(({ path, payload }) => [path, payload]));
}
