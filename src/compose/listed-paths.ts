import { KeywardError } from '../core/errors.js';
import type { Path } from '../core/path.js';
import type { Workspace } from './workspace.js';

/**
 * Every path at or below these, in the stores of the chain that can list, sorted.
 *
 * @throws KeywardError `not_found` naming those where nothing lies, `unsupported` when no store can list; as the store
 * that cannot say: a list that lacks what it holds must not pass for the whole.
 */
export async function listedPaths(workspace: Workspace, paths: readonly Path[]): Promise<readonly Path[]> {
  const listable = workspace.providers.filter(({ capabilities }) => capabilities.has('list'));
  if (listable.length === 0) {
    throw new KeywardError('unsupported', 'no store of the chain can say what it holds', {
      advice: 'List the secrets in the `secrets:` part of keyward.yaml instead.',
    });
  }
  const found = new Set<Path>();
  const empty = new Set(paths);
  for (const provider of listable) {
    for (const path of paths) {
      for await (const listed of provider.list(path)) {
        found.add(listed);
        empty.delete(path);
      }
    }
  }
  if (empty.size > 0) {
    throw new KeywardError('not_found', `no store that can say so holds anything at or below ${[...empty].join(', ')}`);
  }
  return [...found].sort();
}
