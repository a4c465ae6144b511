import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lstat, readdir, realpath, stat } from '../file-calls.js';
import { errnoOf, fileError } from '../file-error.js';

export interface WatchedFolder {
  readonly path: string;
  /** Differs for another folder at the same path. */
  readonly id: string;
  /** The names in it that matter; absent where every name does. */
  readonly names?: ReadonlySet<string> | undefined;
}

/** What there is to be watched, as it is now. */
export interface Sight {
  readonly folders: readonly WatchedFolder[];
  /** The same as that of an earlier sight while nothing was seen to change. */
  readonly mark: string;
}

/** `isThorough` looks at every file, where otherwise the folders would tell of a change in one. */
export type Look = (isThorough: boolean) => Promise<Sight>;

/** What Kubernetes calls the link to the present generation of a mounted volume. */
const generationLink = '..data';

/** Everything below the folder, and the folder itself being replaced, removed or made. */
export async function lookAtTree(root: string, isThorough: boolean): Promise<Sight> {
  const folders = await folderOf(root);
  const marks: string[] = [];
  const top = await whenThere(root, (path) => realpath(path));
  const waiting = top === undefined ? [] : [top];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stats = await whenThere(path, statsOf);
    const entries = stats && (await whenThere(path, (folder) => readdir(folder, { withFileTypes: true })));
    if (stats === undefined || entries === undefined) continue;
    folders.push({ path, id: idOf(stats) });
    marks.push(markOf(path, stats));
    for (const entry of entries) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) waiting.push(inside);
      else if (isThorough) marks.push(markOf(inside, await whenThere(inside, statsOf)));
    }
  }
  return { folders, mark: marks.sort().join('\n') };
}

/** The files at the paths, whether they exist or not; where one is a link, also the file that it leads to. */
export async function lookAtFiles(paths: readonly string[]): Promise<Sight> {
  const folders: WatchedFolder[] = [];
  const marks: string[] = [];
  for (const path of paths) {
    const place = (await whenThere(path, (link) => realpath(link))) ?? path;
    folders.push(...(await folderOf(path)));
    if (place !== path) folders.push(...(await folderOf(place)));
    marks.push(`${path} ${markOf(place, await whenThere(place, (file) => stat(file, { bigint: true })))}`);
  }
  return { folders: merged(folders), mark: marks.join('\n') };
}

/** The folder that the path lies in, with the names there that decide what is found at the path. */
async function folderOf(path: string): Promise<WatchedFolder[]> {
  const folder = dirname(path);
  const stats = await whenThere(folder, (found) => stat(found, { bigint: true }));
  if (stats === undefined || folder === path) return [];
  return [{ path: folder, id: idOf(stats), names: new Set([basename(path), generationLink]) }];
}

function merged(folders: readonly WatchedFolder[]): readonly WatchedFolder[] {
  const byPath = new Map<string, WatchedFolder>();
  for (const folder of folders) {
    const names = [...(byPath.get(folder.path)?.names ?? []), ...(folder.names ?? [])];
    byPath.set(folder.path, { ...folder, names: new Set(names) });
  }
  return [...byPath.values()];
}

function statsOf(path: string): Promise<BigIntStats> {
  return lstat(path, { bigint: true });
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function markOf(path: string, stats: BigIntStats | undefined): string {
  return stats === undefined ? path : `${path} ${idOf(stats)} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}

/** `undefined` when the path does not exist (any more). */
async function whenThere<T>(path: string, look: (path: string) => Promise<T>): Promise<T | undefined> {
  try {
    return await look(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw fileError(error, 'read', path);
  }
}
