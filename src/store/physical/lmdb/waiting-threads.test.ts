import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChildProgram, type ChildProgram } from '../../../../test/child-program.js';
import { createLmdbSequencer } from './lmdb-sequencer.js';

const script = `
import { writeFileSync } from 'node:fs';
import { createLmdbSequencer } from './modules.mjs';

const [folder, end] = process.argv.slice(2);
const nothing = () => ({ state: undefined, result: undefined });
const sequencer = createLmdbSequencer({ folder });
await sequencer.exclusive(nothing);
process.on('exit', () => writeFileSync(folder + '/told', ''));
sequencer.exclusive(nothing);
for (let i = 0; i < 10; i += 1) await undefined;
setImmediate(() => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  if (end === 'throw') throw new Error('thrown in the middle');
  process.exit(7);
});
`;

const canBeReplaced = 'execve' in process;

let program: ChildProgram;
let folder: string;
let child: ChildProcess;
beforeAll(async () => {
  program = await buildChildProgram(['src/store/physical/lmdb/lmdb-sequencer.ts'], script);
});
afterAll(() => program.dispose());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-waiting-'));
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function ended(path: string, ...args: readonly string[]): Promise<{ status: unknown; stderr: string }> {
  child = spawn(process.execPath, [path, folder, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { status: signal ?? code, stderr };
}

async function expectFree(): Promise<void> {
  expect(existsSync(join(folder, 'told')), 'the other listeners of the end').toBe(true);
  const sequencer = createLmdbSequencer({ folder });
  expect(await sequencer.exclusive(() => ({ state: undefined, result: 'free' }))).toBe('free');
  await sequencer.close();
}

describe('a process whose transaction waits for it', () => {
  test('ends when it exits, after its own listeners, with its status where it can be replaced', async () => {
    expect((await ended(program.path, 'exit')).status).toBe(canBeReplaced ? 7 : 'SIGKILL');
    await expectFree();
  });

  test('ends when it throws, and says what', async () => {
    const { status, stderr } = await ended(program.path, 'throw');
    expect(status).toBe(canBeReplaced ? 1 : 'SIGKILL');
    expect(stderr).toContain('Error: thrown in the middle');
    await expectFree();
  });
});

test('a package whose description cannot be read is refused, with which no transaction would end', async () => {
  const room = join(dirname(program.path), 'without-description');
  const lmdb = join(dirname(program.path), 'node_modules/lmdb');
  mkdirSync(join(room, 'node_modules/lmdb'), { recursive: true });
  for (const name of readdirSync(lmdb).filter((other) => other !== 'package.json'))
    symlinkSync(join(lmdb, name), join(room, 'node_modules/lmdb', name));
  for (const name of ['script.mjs', 'modules.mjs']) copyFileSync(join(dirname(program.path), name), join(room, name));
  const { status, stderr } = await ended(join(room, 'script.mjs'), 'exit');
  expect(status).toBe(1);
  expect(stderr).toContain('the package lmdb was loaded by another entry than the one for Node');
});
