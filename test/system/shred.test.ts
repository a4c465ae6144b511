import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { silentObserver } from '../../src/core/observer.js';
import { type OpenedHeader, replaceKeyring, unlockHeader } from '../../src/store/barrier/header.js';
import { readHeader } from '../../src/store/barrier/header-file.js';
import { openSealedStore } from '../../src/store/barrier/sealed-store.js';
import { KeyfileSlot } from '../../src/store/barrier/slots/keyfile/keyfile.js';
import { createLmdbStore } from '../../src/store/physical/lmdb/lmdb-store.js';
import { filesIn, Laptop } from './cli.js';

let laptop: Laptop;
let boxes: readonly Buffer[];

/** Every sealed box in the data file, as it lies there. */
async function boxesIn(folder: string): Promise<readonly Buffer[]> {
  const raw = open<Uint8Array, Uint8Array>({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  const values = [...raw.getRange()].map(({ value }) => Buffer.from(value)).filter((value) => value.length > 64);
  await raw.close();
  return values;
}

/** How many of the boxes stand in some file of the home; 32 bytes of ciphertext tell them apart. */
function found(wanted: readonly Buffer[]): number {
  const files = filesIn(laptop.home).map((path) => readFileSync(path));
  return wanted.filter((box) => files.some((file) => file.includes(box.subarray(50, 82)))).length;
}

async function unlocked(folder: string): Promise<OpenedHeader> {
  const header = await readHeader(folder);
  if (header === undefined) throw new Error('there is no header');
  return unlockHeader(header, [new KeyfileSlot(laptop.keyFile)]);
}

beforeEach(async () => {
  laptop = await Laptop.initialised();
  await laptop.ok(['set', 'app/kept'], { stdin: 'kept' });
  const before = await boxesIn(laptop.dataFolder);
  // Large enough that what a rotation writes does not happen to cover all of it.
  for (const number of [1, 2, 3, 4, 5]) {
    await laptop.ok(['set', 'app/gone'], { stdin: `${'destroyed value '.repeat(1_000)}${number}` });
  }
  const kept = new Set(before.map((box) => box.toString('hex')));
  boxes = (await boxesIn(laptop.dataFolder)).filter((box) => !kept.has(box.toString('hex')));
  await laptop.ok(['set', 'app/gone'], { stdin: 'later' });
  await laptop.ok(['destroy', ...[1, 2, 3, 4, 5].map((number) => `app/gone@${number}`), '--yes']);
});
afterEach(() => laptop.remove());

describe('what was destroyed', () => {
  test('lies in no file any more after the store was shredded: neither its value nor its wrapped key', async () => {
    expect(boxes.length).toBeGreaterThan(3);
    expect(found(boxes), 'remnants before it').toBeGreaterThan(0);
    await laptop.ok(['store', 'shred', '--yes']);
    expect(found(boxes)).toBe(0);
    expect((await laptop.ok(['get', 'app/kept'])).stdout.trim()).toBe('kept');
    expect((await laptop.ok(['get', 'app/gone'])).stdout.trim()).toBe('later');
  });

  test('opens with no key that there was before: the root and the terms of before open nothing', async () => {
    const copy = join(laptop.home, 'copy');
    mkdirSync(copy, { mode: 0o700 });
    for (const name of readdirSync(laptop.dataFolder).filter((name) => name.endsWith('.kw'))) {
      copyFileSync(join(laptop.dataFolder, name), join(copy, name));
    }
    await laptop.ok(['store', 'shred', '--yes']);
    const former = await unlocked(copy);
    const present = await readHeader(laptop.dataFolder);
    if (present === undefined) throw new Error('there is no header');
    expect(() => replaceKeyring(present, former, former.keyring)).toThrow('header');
    expect(former.root).not.toEqual((await unlocked(laptop.dataFolder)).root);
    const physical = createLmdbStore({ folder: laptop.dataFolder });
    const opening = openSealedStore({
      physical,
      storeId: former.storeId,
      keyring: former.keyring,
      clock: systemClock,
      observer: silentObserver,
      onRollback: 'warn',
    });
    await expect(opening).rejects.toMatchObject({ code: 'integrity' });
    await physical.close();
  });
});
