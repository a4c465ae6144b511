import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChildProgram, type ChildProgram } from '../child-program.js';
import { assertProgram } from './needed-program.js';
import { isSync, isWrite, readSystemCalls, unsyncedWrites } from './system-calls.js';

const commits = 8;

/** Commits one row after the other and prints what each came to, then the rows that are there. */
const script = `
import { createLmdbStore } from './modules.mjs';
const store = createLmdbStore({ folder: process.argv[2] });
const outcomes = [];
for (let i = 0; i < ${commits}; i += 1) {
  const key = Uint8Array.of(i);
  try {
    const put = [{ key, value: new Uint8Array(5000).fill(i) }];
    const { kind } = await store.commit({ require: [{ key, revision: undefined }], put, remove: [] });
    outcomes.push(kind);
    process.stdout.write(kind + '\\n');
  } catch (error) {
    outcomes.push(error.code);
  }
}
const rows = [];
for await (const row of store.list(new Uint8Array())) rows.push(row.key[0]);
await store.close();
process.stdout.write(JSON.stringify({ outcomes, rows }) + '\\n');
`;

interface Result {
  readonly outcomes: readonly string[];
  readonly rows: readonly number[];
}

let program: ChildProgram;
let root: string;
let dataFile: string;
let record: string;

beforeAll(async () => {
  assertProgram('strace', 'strace');
  program = await buildChildProgram(['src/store/physical/lmdb/lmdb-store.ts'], script);
});
afterAll(() => program.dispose());
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-sync-'));
  dataFile = join(root, 'store/data.mdb');
  record = join(root, 'system-calls');
});
afterEach(() => rmSync(root, { recursive: true }));

/** One thread for blocking work, because strace counts the calls of each thread apart. */
async function traced(...options: readonly string[]): Promise<Result> {
  const args = ['-f', '-y', '-o', record, ...options, process.execPath, program.path, join(root, 'store')];
  const child = spawn('strace', args, {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(status).toBe(0);
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}

/** Everything is committed but the one commit, of which it was said that it cannot be told. */
function expectOnlyOneUnknown({ outcomes, rows }: Result, failed: number): void {
  const numbers = outcomes.map((_, i) => i);
  expect(outcomes).toEqual(numbers.map((i) => (i === failed ? 'unknown' : 'committed')));
  expect(rows).toEqual(numbers.filter((i) => i !== failed));
}

describe('the store on LMDB', () => {
  test('has nothing of a commit left to sync when it says committed', async () => {
    await traced('-e', 'trace=openat,write,pwrite64,writev,pwritev,fdatasync,fsync');
    const calls = readSystemCalls(record);
    const answers = calls.flatMap((call, i) => (isWrite(call) && call.strings.includes('committed\\n') ? [i] : []));
    expect(answers).toHaveLength(commits);
    for (const [i, answer] of answers.entries()) {
      const since = calls.slice(answers[i - 1] ?? 0, answer);
      expect(since.filter((call) => isSync(call) && call.file === dataFile).length).toBeGreaterThanOrEqual(1);
      expect(unsyncedWrites(calls.slice(0, answer), dataFile)).toEqual([]);
    }
  });

  test.each([0, 3, commits - 1])('says unknown when the sync of commit %i fails, and goes on', async (failed) => {
    const failing = `inject=fdatasync:error=EIO:when=${failed + 1}`;
    expectOnlyOneUnknown(await traced('-e', 'trace=fdatasync', '-e', failing), failed);
  });

  test('says unknown when the page that makes a commit visible cannot be written, and goes on', async () => {
    expectOnlyOneUnknown(
      await traced('-P', dataFile, '-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO:when=2'),
      1,
    );
  });

  test('commits nothing on a full disk, and goes on when there is room again', async () => {
    expectOnlyOneUnknown(
      await traced('-P', dataFile, '-e', 'trace=writev', '-e', 'inject=writev:error=ENOSPC:when=3'),
      2,
    );
  });

  test('never says committed while the disk stays full, and still reads', async () => {
    const { outcomes, rows } = await traced(
      '-P',
      dataFile,
      '-e',
      'trace=writev',
      '-e',
      'inject=writev:error=ENOSPC:when=3+',
    );
    expect(outcomes.slice(0, 2)).toEqual(['committed', 'committed']);
    expect(rows).toEqual(outcomes.flatMap((outcome, i) => (outcome === 'committed' ? [i] : [])));
    expect(rows.length).toBeLessThan(commits);
  });
});
