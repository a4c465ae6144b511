import { execFile } from 'node:child_process';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** What git makes of a file: `unknown` when there is a repository that git cannot or does not want to read. */
export type GitStanding = 'outside' | 'ignored' | 'visible' | 'unknown';

/** Whether git would take one of the files into the repository that they lie in; they need not exist. */
export async function gitStanding(files: readonly string[]): Promise<GitStanding> {
  const named = existingFolder(files[0] ?? '');
  const folder = realpathSync(named);
  if (!isInRepository(folder)) return 'outside';
  // A name that begins with a colon would be a pattern.
  const asked = files.map((file) => `./${relative(named, file)}`);
  const answer = await git(folder, ['check-ignore', '-z', '--stdin'], asked.join('\0'));
  if (answer === undefined || answer.status > 1) return 'unknown';
  const ignored = new Set(answer.stdout.toString().split('\0'));
  return asked.every((name) => ignored.has(name)) ? 'ignored' : 'visible';
}

/**
 * The files at or below the folder that git knows or would add, relative to it; `undefined` when the folder is in no
 * repository that git reads.
 */
export async function gitFiles(folder: string): Promise<readonly string[] | undefined> {
  const names = await gitFileNames(folder);
  return names
    ?.toString()
    .split('\0')
    .filter((name) => name !== '');
}

/** As `gitFiles`, with a zero byte after each name: names need not be UTF-8. */
export async function gitFileNames(folder: string): Promise<Buffer | undefined> {
  if (!isInRepository(folder)) return undefined;
  const answer = await git(folder, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']);
  return answer?.status === 0 ? answer.stdout : undefined;
}

/** How many commits of all branches changed the file; `undefined` when git cannot say. */
export async function gitCommitCount(file: string): Promise<number | undefined> {
  const folder = dirname(file);
  if (!isInRepository(folder)) return undefined;
  const answer = await git(folder, ['rev-list', '--all', '--count', '--', `./${basename(file)}`]);
  return answer?.status === 0 ? Number(answer.stdout.toString().trim()) : undefined;
}

/** The nearest folder above the file that exists; it may be a link to one. */
function existingFolder(file: string): string {
  const folder = dirname(file);
  const isThere = statSync(folder, { throwIfNoEntry: false }) !== undefined;
  return isThere || folder === file ? folder : existingFolder(folder);
}

function isInRepository(folder: string): boolean {
  const parent = dirname(folder);
  if (lstatSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined) return true;
  return parent !== folder && isInRepository(parent);
}

/** Settings of a repository that would start programs or connections of its choice. */
const harmless = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never'];
const maxAnswerBytes = 64 * 1024 * 1024;

interface GitAnswer {
  readonly status: number;
  readonly stdout: Buffer;
}

/** `undefined` when git could not be started or did not end by itself. */
function git(folder: string, args: readonly string[], input = ''): Promise<GitAnswer | undefined> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], LC_ALL: 'C', GIT_NO_LAZY_FETCH: '1' };
  return new Promise((resolve) => {
    const child = execFile(
      'git',
      ['--no-optional-locks', ...harmless, ...args],
      { cwd: folder, env, maxBuffer: maxAnswerBytes, encoding: 'buffer' },
      (error, stdout) => {
        if (error === null) resolve({ status: 0, stdout });
        else resolve(typeof error.code === 'number' ? { status: error.code, stdout } : undefined);
      },
    );
    // It may have ended, or never begun, before it reads.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
