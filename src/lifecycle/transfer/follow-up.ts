import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isKeywardError } from '../../core/errors.js';
import { formatRef } from '../../core/ref.js';
import { isSealedFileName } from '../../core/sealed-document.js';
import { fileError } from '../../host/file-error.js';
import { gitCommitCount } from '../../host/git.js';
import { readPlainFile } from '../../host/plain-file.js';
import { findUsages, mayHoldUsages, type Usage } from './find-usages.js';
import { gitignoreAdditions } from './gitignore.js';
import type { ImportPlan } from './import-plan.js';
import { projectFiles } from './project-files.js';

const maxSourceBytes = 1024 * 1024;

/** What is left to do once the values are in the store. */
export interface FollowUp {
  /** Each place that now holds a value, with the environment names that lead to it. */
  readonly present: readonly { readonly ref: string; readonly names: readonly string[] }[];
  /** Where programs of the project take a value from the environment. */
  readonly usages: readonly (Usage & { readonly file: string })[];
  /** Whether the project has more files than were looked at. */
  readonly isCut: boolean;
  /** Lines that the project's `.gitignore` lacks. */
  readonly gitignore: readonly string[];
  /** How many commits hold the source; absent when there is no repository, or git does not say. */
  readonly commits?: number | undefined;
  /** Files beside the source that are called like copies of it. */
  readonly copies: readonly string[];
}

/**
 * Looks at the project for what an import leaves behind; changes nothing.
 *
 * @param folder of the project.
 * @param source the imported file or folder, absolute; absent when it was no file.
 */
export async function followUp(plan: ImportPlan, folder: string, source?: string): Promise<FollowUp> {
  const present = plan.items.map((item) => ({ ref: formatRef(item), names: item.names }));
  const refs = new Map(present.flatMap(({ ref, names }) => names.map((name) => [name, ref] as const)));
  const { files, isCut } = await projectFiles(folder);
  const usages: FollowUp['usages'][number][] = [];
  for (const file of files.filter(mayHoldUsages)) {
    const text = await sourceText(join(folder, file));
    for (const usage of findUsages(file, text, refs)) usages.push({ file, ...usage });
  }
  const gitignore = await sourceText(join(folder, '.gitignore'));
  return {
    present,
    usages,
    isCut,
    gitignore: gitignoreAdditions(gitignore)
      .split('\n')
      .filter((line) => line !== ''),
    commits: source === undefined ? undefined : await gitCommitCount(source),
    copies: source === undefined ? [] : await copiesOf(source),
  };
}

/** Files that look like copies of the source: `.env.bak` and `.env.production` beside `.env`; not `.env.example`. */
export async function copiesOf(source: string): Promise<readonly string[]> {
  const folder = dirname(source);
  const own = basename(source);
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileError(error, 'list', folder);
  });
  const isLike = (name: string) => name.startsWith(own) || (own.startsWith('.env') && name.startsWith('.env'));
  const holdsNone = (name: string) => name === '.env.example' || isSealedFileName(name);
  return names.filter((name) => name !== own && !holdsNone(name) && isLike(name)).sort();
}

/** Nothing for a file that is gone, no regular one, not readable or too large to be a program's source. */
export async function sourceText(path: string): Promise<string> {
  try {
    const file = await readPlainFile(path, { maxBytes: maxSourceBytes, noFollow: true });
    return new TextDecoder().decode(file?.bytes);
  } catch (error) {
    if (isKeywardError(error, 'config', 'too_large')) return '';
    throw error;
  }
}
