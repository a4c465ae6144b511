import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isKeywardError } from '../../../core/errors.js';
import { checkDataFile, readNewestMeta } from './data-file-check.js';
import { createLmdbStore } from './lmdb-store.js';

let folder: string;
let dataFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyward-check-'));
  dataFile = join(folder, 'data.mdb');
});

afterEach(() => rm(folder, { recursive: true }));

/** Some hundred rows of all sizes, of which some were removed, so that free pages are listed too. */
async function fillStore(): Promise<void> {
  const store = createLmdbStore({ folder });
  for (let i = 0; i < 120; i += 1) {
    const key = Uint8Array.of(i);
    const value = new Uint8Array([3, 300, 3_000, 30_000][i % 4] ?? 0).fill(i);
    await store.commit({ require: [{ key, revision: undefined }], put: [{ key, value }], remove: [] });
  }
  for (let i = 0; i < 120; i += 3) {
    const [row] = await store.get([Uint8Array.of(i)]);
    if (row !== undefined) await store.commit({ require: [row], put: [], remove: [row.key] });
  }
  await store.close();
}

async function overwrite(position: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(dataFile, 'r+');
  await handle.write(bytes, 0, bytes.length, position);
  await handle.close();
}

function damage(): string | undefined {
  try {
    checkDataFile(folder);
    return undefined;
  } catch (error) {
    if (!isKeywardError(error, 'integrity')) throw error;
    return error.message;
  }
}

describe('the check of the data file', () => {
  test('accepts what LMDB wrote', async () => {
    await fillStore();
    expect(damage()).toBeUndefined();
  });

  test('accepts a file that a commit makes longer while it is looked at', async () => {
    const put = async (byte: number) => {
      const [key, value] = [Uint8Array.of(byte), new Uint8Array(100_000)];
      const store = createLmdbStore({ folder });
      await store.commit({ require: [{ key, revision: undefined }], put: [{ key, value }], remove: [] });
      await store.close();
    };
    await put(1);
    const before = await readFile(dataFile);
    await put(2);
    const after = await readFile(dataFile);
    expect(after.length).toBeGreaterThan(before.length);
    await writeFile(dataFile, before);
    checkDataFile(folder, (file) => {
      writeFileSync(dataFile, after);
      return readNewestMeta(file);
    });
  });

  test('accepts an absent and an empty file', async () => {
    expect(damage()).toBeUndefined();
    await writeFile(dataFile, '');
    expect(damage()).toBeUndefined();
  });

  test.each([
    ['one byte', Buffer.alloc(1)],
    ['zeros', Buffer.alloc(32_768)],
    ['random bytes', randomBytes(65_536)],
  ])('refuses a file of %s', async (_, content) => {
    await writeFile(dataFile, content);
    expect(damage()).toContain('data.mdb');
    const store = createLmdbStore({ folder });
    await expect(store.get([])).rejects.toMatchObject({ code: 'integrity' });
    await store.close();
  });

  test('refuses a file that was cut, wherever it was cut', async () => {
    await fillStore();
    const { length } = await readFile(dataFile);
    for (let size = length - 4_096; size > 0; size -= 12_288) {
      await truncate(dataFile, size);
      expect(damage()).toBeDefined();
    }
  });

  test('refuses a file with a wiped meta page, of either kind', async () => {
    await fillStore();
    const whole = await readFile(dataFile);
    for (const position of [0, 4_096]) {
      await writeFile(dataFile, whole);
      await overwrite(position, new Uint8Array(4_096));
      expect(damage()).toBeDefined();
    }
  });

  test('looks at 16 MiB and no more, however large the file is', async () => {
    const store = createLmdbStore({ folder });
    const marks = Array.from({ length: 20 }, (_, i) => randomBytes(32).fill(i, 0, 1));
    for (const mark of marks) {
      const value = new Uint8Array(1_000_000);
      value.set(mark);
      const key = mark.subarray(0, 1);
      await store.commit({ require: [{ key, revision: undefined }], put: [{ key, value }], remove: [] });
    }
    await store.close();
    const whole = await readFile(dataFile);
    const isDamageSeen = async (mark: Uint8Array) => {
      await writeFile(dataFile, whole);
      const page = Math.floor(whole.indexOf(mark) / 4_096);
      await overwrite(page * 4_096, new Uint8Array(8).fill(0xff));
      return damage() !== undefined;
    };
    const seen: boolean[] = [];
    for (const mark of marks) seen.push(await isDamageSeen(mark));
    expect(seen).toEqual(marks.map((_, i) => i < 17));
  });

  test('refuses another format version', async () => {
    await fillStore();
    await overwrite(28, Uint8Array.of(1));
    expect(damage()).toContain('version');
  });
});
