import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from '../../host/file-error.js';
import { gitFiles } from '../../host/git.js';

/** Folders of what is installed or made, where there is no repository that says so. */
const leftOut = new Set(['__pycache__', 'build', 'coverage', 'dist', 'node_modules', 'target', 'vendor', 'venv']);
const maxFiles = 20_000;

export interface ProjectFiles {
  /** Relative to the folder, sorted. */
  readonly files: readonly string[];
  /** Whether there are more than are looked at. */
  readonly isCut: boolean;
}

/** The files of a project: what git has or would add, else everything but hidden folders and what is installed or made. */
export async function projectFiles(folder: string): Promise<ProjectFiles> {
  const files = [...((await gitFiles(folder)) ?? (await walk(folder, '')))].sort();
  return { files: files.slice(0, maxFiles), isCut: files.length > maxFiles };
}

async function walk(root: string, below: string, files: string[] = []): Promise<readonly string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: unknown) => {
    if (['EACCES', 'ENOENT'].includes(errnoOf(error) ?? '')) return [];
    throw fileError(error, 'list', join(root, below));
  });
  for (const entry of entries) {
    if (files.length > maxFiles) break;
    const name = join(below, entry.name);
    if (entry.isFile()) files.push(name);
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !leftOut.has(entry.name))
      await walk(root, name, files);
  }
  return files;
}
