import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../core/clock.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { changeFile } from './change-file.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const change = (make: (text: string | undefined) => Promise<string>, name = 'file') =>
  changeFile(folder.path(name), { maxBytes: 100, clock: systemClock }, make);
const read = (name = 'file') => readFileSync(folder.path(name), 'utf8');

describe('a file that is changed', () => {
  test('is replaced with its mode, and made when it is not there', async () => {
    await change(async (text) => `${text} and new`);
    expect(read()).toBe('undefined and new');
    chmodSync(folder.path('file'), 0o640);
    await change(async () => 'second');
    expect(read()).toBe('second');
    expect(statSync(folder.path('file')).mode & 0o777).toBe(0o640);
    expect(existsSync(folder.path('file.lock'))).toBe(false);
  });

  test('stays as it is when the change fails, and can be changed again', async () => {
    folder.write('file', 'first');
    await expect(change(() => Promise.reject(new Error('no')))).rejects.toBeDefined();
    expect(read()).toBe('first');
    await change(async () => 'second');
    expect(read()).toBe('second');
  });

  test('takes one change after the other', async () => {
    folder.write('file', '');
    const append = (letter: string) =>
      changeFile(folder.path('file'), { maxBytes: 100, clock: systemClock }, async (text) => `${text}${letter}`);
    await Promise.all(['a', 'b', 'c', 'd'].map(append));
    expect([...read()].sort().join('')).toBe('abcd');
  });

  test('is a conflict while somebody else holds it, and says how to go on', async () => {
    folder.write('file', 'first');
    folder.write('file.lock', '');
    let seconds = 0;
    const hurried: Clock = {
      ...systemClock,
      monotonic: () => {
        seconds += 1;
        return 1_000 * seconds;
      },
      after: (_delay, callback) => {
        setImmediate(callback);
        return { cancel: () => undefined };
      },
    };
    const refused = changeFile(folder.path('file'), { maxBytes: 100, clock: hurried }, async () => 'second');
    await expect(refused).rejects.toMatchObject({ code: 'conflict', advice: expect.stringContaining('rm ') });
    expect(read()).toBe('first');
    expect(existsSync(folder.path('file.lock'))).toBe(true);
  });

  test('is the one that a link leads to, and the link stays', async () => {
    folder.write('real', 'first');
    symlinkSync(folder.path('real'), folder.path('file'));
    await change(async () => 'second');
    expect(read('real')).toBe('second');
    expect(read()).toBe('second');
  });
});
