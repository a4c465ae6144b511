import { KeywardError } from './errors.js';
import type { Path } from './path.js';
import type { CallOptions, Provider } from './provider.js';
import type { NotedVersion, SecretVersion, VersionKey } from './version.js';

/** The current version with what is noted about it, of stores too that say this apart. @throws as the provider */
export async function readNoted(
  provider: Pick<Provider, 'read' | 'describe'>,
  path: Path,
  call?: CallOptions,
): Promise<NotedVersion | undefined> {
  const found = await provider.read({ path }, call);
  return found && withNotes(provider, found, call);
}

/** The version that was read, with what is noted about its secret. @throws KeywardError as `describe` */
export async function withNotes(
  provider: Pick<Provider, 'describe'>,
  found: SecretVersion,
  call?: CallOptions,
): Promise<NotedVersion> {
  return { ...found, metadata: found.metadata ?? (await provider.describe(found.path, call))?.metadata ?? {} };
}

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

/** The failure to note something about a value that was written before. */
export function halfWritten(error: unknown, path: Path, version: VersionKey): unknown {
  if (!(error instanceof KeywardError)) return error;
  const { code, message, advice, store } = error;
  const text = `${message}; version ${version} of ${path} was written, and what was to be noted about it was not`;
  return new KeywardError(code, text, { store, path, advice });
}
