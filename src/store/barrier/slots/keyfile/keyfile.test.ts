import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestRunner } from '../../../../core/contract.js';
import { slotContract } from '../slot.contract.js';
import { KeyfileSlot } from './keyfile.js';

const makeFolder = () => mkdtemp(join(tmpdir(), 'keyward-keyfile-'));
const address = { storeId: 'store', slotId: 'c0'.repeat(16) };
const runner: TestRunner = { describe, test, skip: (name) => test.skip(name) };

slotContract(runner, 'keyfile', async () => {
  const folder = await makeFolder();
  return {
    subject: {
      slot: () => new KeyfileSlot(join(folder, 'key')),
      stranger: () => new KeyfileSlot(join(folder, 'other')),
      elsewhere: () => new KeyfileSlot(join(folder, 'absent')),
    },
    dispose: () => rm(folder, { recursive: true }),
  };
});

describe('key file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await makeFolder();
    path = join(folder, 'key');
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('is readable by its owner alone and names itself', async () => {
    await new KeyfileSlot(path).enrol(address);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path)).subarray(0, 16).toString()).toBe('keyward-keyfile\n');
  });

  test('is never overwritten: it may be the only key of another store', async () => {
    const first = await new KeyfileSlot(path).enrol(address);
    await expect(new KeyfileSlot(path).enrol(address)).rejects.toMatchObject({ code: 'conflict' });
    expect(await new KeyfileSlot(path).unlock({}, address)).toEqual(first.slotKey);
  });

  test('is refused while others can read it', async () => {
    await new KeyfileSlot(path).enrol(address);
    await chmod(path, 0o644);
    await expect(new KeyfileSlot(path).unlock({}, address)).rejects.toMatchObject({
      code: 'config',
      advice: expect.stringContaining('chmod 600'),
    });
  });

  test.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 47)],
    ['empty', () => Buffer.alloc(0)],
    ['another file', (bytes: Buffer) => Buffer.from(bytes).fill('x', 0, 1)],
  ])('is refused when it is %s, with its path and without its content', async (_, damage) => {
    await new KeyfileSlot(path).enrol(address);
    await writeFile(path, damage(await readFile(path)), { mode: 0o600 });
    const message = `${path} is not a key file of Keyward`;
    await expect(new KeyfileSlot(path).unlock({}, address)).rejects.toMatchObject({ code: 'config', message });
  });

  test('is refused when it goes on after the key', async () => {
    await new KeyfileSlot(path).enrol(address);
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.from('\n')]), { mode: 0o600 });
    await expect(new KeyfileSlot(path).unlock({}, address)).rejects.toMatchObject({ code: 'too_large' });
  });
});
