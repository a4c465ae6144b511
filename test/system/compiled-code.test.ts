import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesIn, Laptop } from './cli.js';

const value = 'the-value-of-the-token';

let laptop: Laptop;
let folder: string;

beforeEach(async () => {
  laptop = await Laptop.initialised();
  await laptop.ok(['set', 'app/token'], { stdin: value });
  folder = join(laptop.home, '.cache/keyward/compiled/get');
});
afterEach(() => laptop.remove());

function flipped(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.of((bytes[at] ?? 0) ^ 1), bytes.subarray(at + 1)]);
}

async function expectValue(): Promise<void> {
  expect(await laptop.spawn(['get', 'app/token', '--reveal'])).toMatchObject({ status: 0, stderr: '', stdout: value });
}

describe('what V8 compiled', () => {
  test('is kept for the next run of the same command, for its owner alone, and is not written again', async () => {
    await expectValue();
    const kept = filesIn(folder);
    expect(kept.length).toBeGreaterThan(2);
    const times = kept.map((path) => statSync(path).mtimeMs);
    for (const path of kept) expect(statSync(path).mode & 0o777).toBe(0o600);
    await expectValue();
    expect(filesIn(folder).map((path) => statSync(path).mtimeMs)).toEqual(times);
  });

  test('holds no value, no path and no key', async () => {
    await expectValue();
    const key = readFileSync(laptop.keyFile);
    for (const path of filesIn(folder)) {
      const bytes = readFileSync(path);
      for (const secret of [value, 'app/token', key]) expect(bytes.includes(secret)).toBe(false);
    }
  });

  test('is written by eight first runs at once without harm', async () => {
    await Promise.all(Array.from({ length: 8 }, expectValue));
    expect(readdirSync(folder).filter((name) => /\.\d+$/.test(name))).toEqual([]);
    await expectValue();
  });

  test.each([
    ['nothing', () => Buffer.alloc(0)],
    ['other bytes', (bytes: Buffer) => Buffer.alloc(bytes.length, 'x')],
    ['its first line alone', (bytes: Buffer) => bytes.subarray(0, bytes.indexOf('\n') + 1)],
    ['itself with one bit flipped', (bytes: Buffer) => flipped(bytes, bytes.length - 1000)],
    ['a part', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('that was replaced by %s is compiled again', async (_, replaced) => {
    await expectValue();
    for (const path of filesIn(folder)) writeFileSync(path, replaced(readFileSync(path)));
    rmSync(join(laptop.home, '.cache/keyward/configs'), { recursive: true });
    const damaged = filesIn(folder).map((path) => readFileSync(path));
    await expectValue();
    for (const [at, path] of filesIn(folder).entries()) expect(readFileSync(path)).not.toEqual(damaged[at]);
    await expectValue();
  });

  test('that others may write to is not used, and not trusted again', async () => {
    await expectValue();
    for (const path of filesIn(folder)) {
      writeFileSync(path, 'not what was compiled');
      chmodSync(path, 0o666);
    }
    chmodSync(folder, 0o777);
    await expectValue();
    expect(filesIn(folder).map((path) => readFileSync(path, 'utf8'))).toContain('not what was compiled');
  });

  test('is not kept for words that are no command', async () => {
    expect((await laptop.spawn(['hunter'])).status).toBe(2);
    expect(existsSync(join(folder, '../hunter'))).toBe(false);
  });
});
