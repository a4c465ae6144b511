import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChildProgram, type ChildProgram } from '../../test/child-program.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { createMemoryFolder } from './memory-folder.js';

let base: TemporaryFolder;
let inFolder: string;
beforeEach(() => {
  base = temporaryFolder();
  inFolder = base.path('.');
});
afterEach(() => base.remove());

const mode = (path: string) => statSync(path).mode & 0o777;
const names = () => readdirSync(inFolder);

describe('a memory folder', () => {
  test('is new, for its owner alone, and gone with everything in it when it is removed', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => createMemoryFolder({ env: {}, inFolder })));
    expect(mode(first?.path ?? '')).toBe(0o700);
    expect(first?.path).not.toBe(second?.path);
    mkdirSync(join(first?.path ?? '', 'below'));
    writeFileSync(join(first?.path ?? '', 'below/value'), 'secret');
    first?.remove();
    first?.remove();
    second?.remove();
    expect(names()).toEqual([]);
  });

  test('leaves nothing readable in a file that somebody still has', async () => {
    const folder = await createMemoryFolder({ env: {}, inFolder });
    writeFileSync(join(folder.path, 'value'), 'secret');
    linkSync(join(folder.path, 'value'), base.path('kept'));
    folder.remove();
    expect(readFileSync(base.path('kept'))).toEqual(Buffer.alloc(6));
  });

  test('follows no link out of it when it is removed', async () => {
    const outside = base.write('outside/file', 'mine');
    const folder = await createMemoryFolder({ env: {}, inFolder });
    symlinkSync(outside, join(folder.path, 'file'));
    symlinkSync(base.path('outside'), join(folder.path, 'folder'));
    folder.remove();
    expect(readFileSync(outside, 'utf8')).toBe('mine');
  });

  test('is made in a runtime folder only when that is memory', async () => {
    const made = createMemoryFolder({ env: { XDG_RUNTIME_DIR: '/proc' } });
    const place = await made.then(
      ({ path, remove }) => {
        remove();
        return dirname(path);
      },
      ({ code }) => code,
    );
    expect(place).toBe(existsSync('/dev/shm') ? '/dev/shm' : 'unsupported');
  });

  test('is not made where others could replace what is in it', async () => {
    mkdirSync(base.path('open'));
    execFileSync('chmod', ['777', base.path('open')]);
    await expect(createMemoryFolder({ env: {}, inFolder: base.path('open') })).rejects.toMatchObject({
      code: 'config',
    });
  });
});

describe('a process that ends', () => {
  let program: ChildProgram;
  beforeAll(async () => {
    program = await buildChildProgram(
      ['src/host/memory-folder.ts'],
      `import { writeFileSync } from 'node:fs';
       import { createMemoryFolder } from './modules.mjs';
       const { path } = await createMemoryFolder({ env: {}, inFolder: process.argv[2] });
       writeFileSync(path + '/value', 'secret');
       if (process.argv[3] === 'listening') process.on('SIGTERM', () => console.log('kept'));
       process.stdin.on('data', () => process.exit(0));
       console.log('ready');`,
    );
  });
  afterAll(() => program.dispose());

  async function started(...args: readonly string[]) {
    const child = spawn(process.execPath, [program.path, inFolder, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(names()).toHaveLength(1);
    return child;
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('by %s takes its folder along', async (signal) => {
    const child = await started();
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([null, signal]);
    expect(names()).toEqual([]);
  });

  test('by itself takes its folder along', async () => {
    const child = await started();
    child.stdin.write('end');
    await once(child, 'exit');
    expect(names()).toEqual([]);
  });

  test('is not ended by a signal that somebody else in it answers', async () => {
    const child = await started('listening');
    child.kill('SIGTERM');
    expect(String(await once(child.stdout, 'data'))).toBe('kept\n');
    expect(names()).toHaveLength(1);
    child.stdin.write('end');
    await once(child, 'exit');
    expect(names()).toEqual([]);
  });

  test('by SIGKILL leaves a folder, which the next one removes, and no other', async () => {
    base.write('keyward.of.somebody.else/value', 'kept');
    base.write('keyward', 'kept');
    const before = names().length;
    const [dead, running] = [spawnOne(), spawnOne()];
    await Promise.all([once(dead.stdout, 'data'), once(running.stdout, 'data')]);
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    expect(names()).toHaveLength(before + 2);
    (await createMemoryFolder({ env: {}, inFolder })).remove();
    expect(names()).toHaveLength(before + 1);
    expect(existsSync(base.path('keyward'))).toBe(true);
    running.stdin.write('end');
    await once(running, 'exit');
  });

  const spawnOne = () => spawn(process.execPath, [program.path, inFolder], { stdio: ['pipe', 'pipe', 'inherit'] });
});
