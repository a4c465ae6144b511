import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CompiledCode } from './compiled-code.js';

const script = '// digest of this script\n1 + 1';
const code = Buffer.from('what V8 made of it');

let home: string;
let file: string;

/** As a process of its own would. */
const read = (name = 'start', of = script) => new CompiledCode(join(home, 'cache/keyward/run')).read(name, of);
const write = (bytes = code) => new CompiledCode(join(home, 'cache/keyward/run')).write('start', script, bytes);

beforeEach(async () => {
  home = await mkdtemp(join(await realpath(tmpdir()), 'keyward-compiled-'));
  file = join(home, 'cache/keyward/run/start');
});

afterEach(() => rm(home, { recursive: true }));

describe('compiled code', () => {
  test('is given back for the same script, from a file that its owner alone may read', () => {
    write();
    expect(read()).toEqual(code);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'cache')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file, '..'))).toEqual(['start']);
  });

  test('is replaced by newer code', () => {
    write();
    write(Buffer.from('newer'));
    expect(read()?.toString()).toBe('newer');
  });

  test('of another script does not count', () => {
    write();
    expect(read('start', script.replace('digest', 'Digest'))).toBeUndefined();
  });

  test('that is not there is none', () => {
    expect(read()).toBeUndefined();
  });

  test.each([0o620, 0o602, 0o640, 0o4600])('in a file of mode %o does not count', (mode) => {
    write();
    chmodSync(file, mode);
    expect(read()).toBeUndefined();
  });

  test('behind a link of either kind does not count', () => {
    write();
    renameSync(file, `${file}.moved`);
    symlinkSync(`${file}.moved`, file);
    expect(read()).toBeUndefined();
    linkSync(`${file}.moved`, `${file}.linked`);
    expect(read('start.linked')).toBeUndefined();
  });

  test.each(['', 'cache', 'cache/keyward', 'cache/keyward/run'])(
    'is neither read nor written where others may write to the folder "%s"',
    (folder) => {
      write();
      chmodSync(join(home, folder), 0o770);
      expect(read()).toBeUndefined();
      const before = readFileSync(file);
      write(Buffer.from('newer'));
      expect(readFileSync(file)).toEqual(before);
      expect(readdirSync(join(file, '..'))).toEqual(['start']);
    },
  );

  test('leaves a folder alone that stands in the place of its file', () => {
    mkdirSync(file, { recursive: true });
    write();
    expect(read()).toBeUndefined();
    expect(readdirSync(join(file, '..'))).toEqual(['start']);
  });
});
