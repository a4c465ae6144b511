import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { isSealedFileName } from '../../core/sealed-document.js';
import { gitCommitCount, gitFiles } from '../../host/git.js';
import { readTextFile } from '../../host/plain-file.js';
import { gitignoreAdditions } from '../transfer/gitignore.js';

/** What repairs are made with. */
export interface Means {
  /** Adds what is missing to the folder's `.gitignore`, and answers that. */
  readonly ensureGitignore: (folder: string) => Promise<readonly string[]>;
}

/** Something that is wrong, and what would mend it where a program can. */
export interface Ailment {
  readonly finding: Finding;
  /** Says afterwards what was done. @throws KeywardError, or as the file system. */
  readonly repair?: (means: Means) => Promise<string>;
}

const link = 'guide/doctor.md#project';
const othersMayRead = 0o077;
const othersMayWrite = 0o022;

/** What is wrong with the files of a project: plain secrets that git has, or that others may read. Changes nothing. */
export async function projectAilments(folder: string): Promise<readonly Ailment[]> {
  const names = await readdir(folder);
  const plain = names.filter(holdsPlainSecrets);
  const known = await gitFiles(folder);
  const ailments: Ailment[] = [];
  for (const name of plain) {
    const file = join(folder, name);
    if (known?.includes(name) === true) ailments.push(await committed(file));
    ailments.push(...(await tooOpen(file, othersMayRead, 0o600, 'others on this machine can read it')));
  }
  for (const name of names.filter((each) => /^keyward\.(?:ya?ml|json)$/.test(each))) {
    const file = join(folder, name);
    ailments.push(...(await tooOpen(file, othersMayWrite, 0o644, 'others can change what Keyward is told to do')));
  }
  if (known !== undefined) ailments.push(...(await missingIgnores(folder)));
  return ailments;
}

function holdsPlainSecrets(name: string): boolean {
  if (name === '.env.example' || isSealedFileName(name)) return false;
  return name === '.env' || name.startsWith('.env.') || /\.(?:pem|key)$/.test(name);
}

async function committed(file: string): Promise<Ailment> {
  const commits = (await gitCommitCount(file)) ?? 0;
  const name = basename(file);
  const inCommits = `${commits} ${commits === 1 ? 'commit holds' : 'commits hold'} it`;
  return {
    finding: {
      severity: 'error',
      where: file,
      cause: commits === 0 ? 'git does not ignore it, and would add it' : `git has it, ${inCommits}`,
      fix:
        commits === 0
          ? 'Add it to .gitignore (keyward doctor --fix), and keep the values in a store: keyward import'
          : `Rotate what it holds, then: git rm --cached ${name}, and take it out of the history: git filter-repo --invert-paths --path ${name}`,
      link,
    },
  };
}

async function tooOpen(file: string, forbidden: number, mode: number, cause: string): Promise<readonly Ailment[]> {
  const stats = await lstat(file);
  if (!stats.isFile() || (stats.mode & forbidden) === 0) return [];
  const octal = mode.toString(8).padStart(4, '0');
  return [
    {
      finding: { severity: 'warning', where: file, cause, fix: `Run: chmod ${octal} ${file}`, link },
      repair: async () => {
        const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
        await handle.chmod(stats.mode & 0o777 & ~forbidden).finally(() => handle.close());
        return `took the rights of others on ${file} away`;
      },
    },
  ];
}

async function missingIgnores(folder: string): Promise<readonly Ailment[]> {
  const file = join(folder, '.gitignore');
  const text = await readTextFile(file, { maxBytes: 1024 * 1024 }).catch((error: unknown) => {
    if (isKeywardError(error)) return undefined;
    throw error;
  });
  const additions = gitignoreAdditions(text ?? '');
  if (additions === '') return [];
  const lines = additions.trim().split('\n');
  return [
    {
      finding: {
        severity: 'warning',
        where: file,
        cause: `it lacks ${lines.join(' ')}`,
        fix: 'Run: keyward doctor --fix',
        link,
      },
      repair: async ({ ensureGitignore }) => `added to .gitignore: ${(await ensureGitignore(folder)).join(' ')}`,
    },
  ];
}
