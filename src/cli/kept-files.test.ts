import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeptFiles } from './kept-files.js';

const mark = '// digest of this script v20';
const code = Buffer.from('what V8 made of it');

let home: string;
let file: string;

/** As a process of its own would. */
const read = (name = 'start', of = mark) => new KeptFiles(join(home, 'cache/keyward/run')).read(name, of);
const write = (bytes = code) => new KeptFiles(join(home, 'cache/keyward/run')).write('start', mark, bytes);

beforeEach(async () => {
  home = await mkdtemp(join(await realpath(tmpdir()), 'keyward-compiled-'));
  file = join(home, 'cache/keyward/run/start');
});

afterEach(() => rm(home, { recursive: true }));

describe('what is kept between runs', () => {
  test('is given back for the same mark, from a file that its owner alone may read', () => {
    write();
    expect(read()).toEqual(code);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'cache')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file, '..'))).toEqual(['start']);
  });

  test('is replaced by what is newer', () => {
    write();
    write(Buffer.from('newer'));
    expect(read()?.toString()).toBe('newer');
  });

  test('with another mark does not count', () => {
    write();
    expect(read('start', mark.replace('digest', 'Digest'))).toBeUndefined();
  });

  test('does not count with a bit of it flipped, wherever', () => {
    write();
    const whole = readFileSync(file);
    for (let bit = 0; bit < 8 * whole.length; bit += 1) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(file, flipped);
      expect(read()).toBeUndefined();
    }
    writeFileSync(file, whole);
    expect(read()).toEqual(code);
  });

  test('does not count when it was cut, wherever', () => {
    write();
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      expect(read()).toBeUndefined();
    }
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
