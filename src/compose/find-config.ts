import { dirname, join, resolve } from 'node:path';
import { lstat, stat } from '../host/file-calls.js';
import { errnoOf } from '../host/file-error.js';

export const configFileNames = ['keyward.yaml', 'keyward.json'] as const;

export interface FoundConfig {
  readonly file: string;
}

/** A configuration file that was seen but not taken, and why. */
export interface IgnoredConfig {
  readonly file: string;
  readonly reason: string;
}

export interface SearchResult {
  readonly found: FoundConfig | undefined;
  readonly ignored: IgnoredConfig | undefined;
}

/**
 * Looks for `keyward.yaml` (or `.json`) in the folder and upwards. The search ends after the repository's root, the home
 * folder or a file-system boundary, and before a folder that belongs to someone else or that others may write to.
 */
export async function findConfig(start: string, home: string | undefined): Promise<SearchResult> {
  let folder = resolve(start);
  const homeFolder = home === undefined ? undefined : resolve(home);
  const device = (await stat(folder)).dev;
  for (;;) {
    const stats = await stat(folder);
    if (stats.dev !== device) return { found: undefined, ignored: undefined };
    const folderProblem = exposureOf(stats);
    for (const name of configFileNames) {
      const file = join(folder, name);
      const fileStats = await statOrNothing(file);
      if (fileStats === undefined) continue;
      const problem = folderProblem ?? exposureOf(fileStats);
      if (problem !== undefined) return { found: undefined, ignored: { file, reason: problem } };
      return { found: { file }, ignored: undefined };
    }
    const isRepositoryRoot = (await statOrNothing(join(folder, '.git'))) !== undefined;
    const parent = dirname(folder);
    if (folderProblem !== undefined || isRepositoryRoot || folder === homeFolder || parent === folder) {
      return { found: undefined, ignored: undefined };
    }
    folder = parent;
  }
}

/** Why others could have written the file; `undefined` when only this user (or root) could, or there is none. */
export async function exposureOfFile(file: string): Promise<string | undefined> {
  const stats = await statOrNothing(file);
  return stats && exposureOf(stats);
}

/** Why others could have put something there; `undefined` when only this user (or root) could. */
function exposureOf(stats: { readonly uid: number; readonly gid: number; readonly mode: number }): string | undefined {
  const uid = process.getuid?.() ?? 0;
  if (stats.uid !== uid && stats.uid !== 0) return 'it belongs to another user';
  if ((stats.mode & 0o002) !== 0) return 'every user may write to it';
  // A user's own private group has the same number as the user; every other group may have other members.
  const isPrivateGroup = stats.gid === process.getgid?.() && stats.gid === uid;
  if ((stats.mode & 0o020) !== 0 && !isPrivateGroup) return 'its group may write to it';
  return undefined;
}

async function statOrNothing(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
