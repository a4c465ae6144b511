import { KeywardError } from '../../core/errors.js';
import { withNotes } from '../../core/metadata.js';
import { isBelow, type Path, parsePath } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import type { NotedVersion, SecretVersion } from '../../core/version.js';
import { eachOf, transferConcurrency } from '../../lifecycle/transfer/each-of.js';
import { ownerEntry } from '../../lifecycle/transfer/sync-secrets.js';
import { flagOption, type Invocation, type OptionSpec } from '../command.js';
import { readSecrets } from '../take-snapshot.js';

export const allOption: OptionSpec = { flags: '--all', description: 'every secret, instead of paths' };

/** The paths that the command names; none for `--all`. @throws KeywardError `invalid` for both and for neither. */
export function pathsOrAll(invocation: Invocation): readonly Path[] {
  const paths = invocation.args.map(parsePath);
  if (paths.length > 0 !== flagOption(invocation, 'all')) return paths;
  throw new KeywardError('invalid', 'name paths, or say --all for every secret');
}

/**
 * The current version of everything at or below the paths, with its notes, sorted; of everything without paths.
 *
 * @throws KeywardError as `readSecrets`.
 */
export async function notedBelow(provider: Provider, paths: readonly Path[]): Promise<readonly NotedVersion[]> {
  const found = new Map<Path, SecretVersion>();
  for (const directory of paths.length === 0 ? ([''] as const) : paths) {
    for (const secret of await readSecrets(provider, directory)) found.set(secret.path, secret);
  }
  const sorted = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return eachOf(sorted, transferConcurrency, (secret) => withNotes(provider, secret));
}

/** As `notedBelow`, without the mark of a sync. @throws KeywardError `not_found` when there is nothing at one of the paths */
export async function secretsBelow(provider: Provider, paths: readonly Path[]): Promise<readonly NotedVersion[]> {
  const secrets = await notedBelow(provider, paths);
  const missing = paths.find((path) => !secrets.some((secret) => secret.path === path || isBelow(secret.path, path)));
  if (missing === undefined) return secrets.map(withoutOwner);
  throw new KeywardError('not_found', `${provider.name} holds nothing at or below ${missing}`, { path: missing });
}

function withoutOwner(secret: NotedVersion): NotedVersion {
  const { [ownerEntry]: _, ...metadata } = secret.metadata;
  return { ...secret, metadata };
}
