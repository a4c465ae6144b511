import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, ChildPrograms } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';
import { acknowledgedVersions, type Inspection, inspectionProblems } from './inspection.js';
import { assertProgram } from './needed-program.js';
import { type OrdinalCall, readOrdinals } from './ordinal-calls.js';

/** A machine that is busy may keep a process from its deadlines, which then refuses to open the store this time. */
const mostOpenings = 3;
const failuresPerReport = 50;
/** One thread for blocking work, because strace counts the calls of each thread apart. */
const oneWorker = ['env', 'UV_THREADPOOL_SIZE=1'];
/**
 * Without `write`, which threads also wake each other with: the runtime ends the process when that fails. Files that are
 * written with it are met by the limit of their size, and by the suite of the full disk.
 */
const failing = 'openat,pwrite64,writev,fsync,fdatasync,ftruncate,rename,link,unlink,mkdir';

let programs: ChildPrograms;
let random: SeededRandom;
let pristine: Home;
/** The calls of a session that touch the home, each of which can be made to fail. */
let calls: readonly OrdinalCall[];

beforeAll(async () => {
  assertProgram('strace', 'strace');
  assertProgram('prlimit', 'util-linux');
  programs = await ChildPrograms.build();
  random = new SeededRandom();
  pristine = Home.withStore();
  const home = copyOfPristine();
  const record = join(home.root, 'record');
  const child = programs.start('session', home, [], [...oneWorker, 'strace', '-f', '-y', '-o', record, '-e', failing]);
  expect(await child.ended, child.stderr).toBe(0);
  calls = readOrdinals(record).filter(({ text }) => isWithin(home, text) && !text.includes(record));
  home.remove();
});
afterAll(() => {
  pristine.remove();
  programs.remove();
});

/** The folder in which a session runs stands in each call with a relative place. */
function isWithin(home: Home, call: string): boolean {
  return call.replace(/^AT_FDCWD<[^>]*>/, '').includes(home.root);
}

function copyOfPristine(): Home {
  const root = `${pristine.root}-copy`;
  rmSync(root, { recursive: true, force: true });
  return pristine.copyTo(root);
}

interface Failure {
  readonly behind: readonly string[];
  readonly what: string;
  /** Where the calls of the name that fails are recorded. */
  readonly record?: string;
}

/** The program that a session runs behind for one of its calls to fail, and what is said of it. */
function failure(error: string, home: Home): Failure {
  if (error === 'short write') {
    // A write over the limit is cut short, and the next one refused, as on a disk that is almost full.
    const limit = 40_000 + random.below(160_000);
    const ignoring = ['sh', '-c', 'trap "" XFSZ; exec "$@"', 'sh'];
    return {
      behind: [...ignoring, 'prlimit', `--fsize=${limit}`],
      what: `files of at most ${limit} bytes`,
    };
  }
  const call = calls[random.below(calls.length)];
  if (call === undefined) throw new Error('the session made no call that could fail');
  const record = join(home.root, 'record');
  const rule = `${call.name}:error=${error}:when=${call.ordinal}`;
  const tracing = ['strace', '-f', '--seccomp-bpf', '-o', record, '-e', `trace=${call.name}`];
  return { behind: [...oneWorker, ...tracing, '-e', `inject=${rule}`], what: rule, record };
}

/**
 * LMDB 3.5.6 frees memory twice when it cannot open its own files: the process ends, and nothing else happens. Which call
 * failed is read from the record, since what a session calls before that differs from run to run.
 */
function wasKeptFromItsFiles(record: string | undefined): boolean {
  if (record === undefined) return false;
  const begun = new Map<string, string>();
  return readFileSync(record, 'utf8')
    .split('\n')
    .some((line) => {
      const thread = line.slice(0, line.indexOf(' '));
      if (line.includes(' openat(')) begun.set(thread, line);
      return line.includes('(INJECTED)') && /openat\(.*\/(?:data|lock)\.mdb"/.test(begun.get(thread) ?? '');
    });
}

/** What the session answered and left behind that it must not. */
async function problemsAfter(child: Child, home: Home, record: string | undefined): Promise<readonly string[]> {
  const ended = await child.endedOrHanging();
  if (ended === 'hanging') {
    child.kill();
    await child.ended;
    return ['it hangs'];
  }
  const problems = child.reports.filter(({ wrong }) => wrong !== undefined).map(({ wrong }) => `${wrong} reads wrong`);
  const isForeign = child.reports.some(({ code }) => code === 'foreign' || code === 'internal');
  if (isForeign) problems.push(`an error of no kind: ${JSON.stringify(child.reports)}`);
  if (typeof ended === 'string' && !wasKeptFromItsFiles(record)) problems.push(`it was ended by ${ended}`);
  const hasBegun = child.reports.some(({ opened }) => opened !== undefined);
  if (typeof ended === 'number' && ended !== 0 && hasBegun && !child.stderr.includes('KeywardError'))
    problems.push(`it broke: ${child.stderr}`);
  try {
    problems.push(...inspectionProblems(await inspected(home), acknowledgedVersions(child.reports)));
  } catch (error) {
    problems.push(`afterwards, the store does not open: ${error}`);
  }
  return problems;
}

async function inspected(home: Home): Promise<Inspection> {
  for (let openings = 1; ; openings += 1) {
    try {
      return await programs.start('inspect', home).result<Inspection>();
    } catch (error) {
      if (openings === mostOpenings) throw error;
    }
  }
}

describe('a call of the operating system that fails once in a session', () => {
  test.each(['EIO', 'ENOSPC', 'EINTR', 'short write'])(
    'with %s: nothing acknowledged is lost, nothing wrong is answered, nothing hangs, and the store opens again',
    async (error) => {
      const claim = expect.getState().currentTestName ?? '';
      const name = `injected-${error.replace(' ', '-').toLowerCase()}`;
      const wanted = count({ daily: 12, full: 500 });
      const problems: string[] = [];
      let refused = 0;
      for (let failures = 1; failures <= wanted; failures += 1) {
        const home = copyOfPristine();
        const { behind, what, record } = failure(error, home);
        const child = programs.start('session', home, [], behind);
        const found = (await problemsAfter(child, home, record)).map((problem) => `${what}: ${problem}`);
        for (const problem of found) process.stdout.write(`${problem}\n`);
        problems.push(...found);
        refused += child.reports.some((report) => report['refused'] !== undefined || report['closed'] !== true) ? 1 : 0;
        home.remove();
        // A run that is interrupted has shown what it came to.
        if (problems.length === 0 && failures % failuresPerReport === 0)
          keepEvidence(name, claim, { seed: random.seed, failures, refused });
      }
      expect(problems).toEqual([]);
      expect(refused, 'sessions in which something was refused').toBeGreaterThan(0);
    },
    fullRunMs,
  );
});
