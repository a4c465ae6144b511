import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCompiled, writeCompiled } from './compiled-code.js';

const script = '// digest of this script\n1 + 1';
const code = Buffer.from('what V8 made of it');

let home: string;
let file: string;

beforeEach(async () => {
  home = await mkdtemp(join(await realpath(tmpdir()), 'keyward-compiled-'));
  file = join(home, 'cache/keyward/run/program.js');
});

afterEach(() => rm(home, { recursive: true }));

describe('compiled code', () => {
  test('is given back for the same script, from a file that its owner alone may read', () => {
    writeCompiled(file, script, code);
    expect(readCompiled(file, script)).toEqual(code);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'cache')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file, '..'))).toEqual(['program.js']);
  });

  test('is replaced by newer code', () => {
    writeCompiled(file, script, code);
    writeCompiled(file, script, Buffer.from('newer'));
    expect(readCompiled(file, script)?.toString()).toBe('newer');
  });

  test('of another script does not count', () => {
    writeCompiled(file, script, code);
    expect(readCompiled(file, script.replace('digest', 'Digest'))).toBeUndefined();
  });

  test('that is not there is none', () => {
    expect(readCompiled(file, script)).toBeUndefined();
  });

  test.each([0o620, 0o602, 0o640, 0o4600])('in a file of mode %o does not count', (mode) => {
    writeCompiled(file, script, code);
    chmodSync(file, mode);
    expect(readCompiled(file, script)).toBeUndefined();
  });

  test('behind a link of either kind does not count', () => {
    writeCompiled(file, script, code);
    renameSync(file, `${file}.moved`);
    symlinkSync(`${file}.moved`, file);
    expect(readCompiled(file, script)).toBeUndefined();
    linkSync(`${file}.moved`, `${file}.linked`);
    expect(readCompiled(`${file}.linked`, script)).toBeUndefined();
  });

  test.each(['', 'cache', 'cache/keyward', 'cache/keyward/run'])(
    'is neither read nor written where others may write to the folder "%s"',
    (folder) => {
      writeCompiled(file, script, code);
      chmodSync(join(home, folder), 0o770);
      expect(readCompiled(file, script)).toBeUndefined();
      const before = readFileSync(file);
      writeCompiled(file, script, Buffer.from('newer'));
      expect(readFileSync(file)).toEqual(before);
      expect(readdirSync(join(file, '..'))).toEqual(['program.js']);
    },
  );

  test('leaves a folder alone that stands in the place of its file', () => {
    mkdirSync(file, { recursive: true });
    writeCompiled(file, script, code);
    expect(readCompiled(file, script)).toBeUndefined();
    expect(readdirSync(join(file, '..'))).toEqual(['program.js']);
  });
});
