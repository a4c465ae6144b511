import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomBytes } from '../../crypto/random.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { MemorySequencer } from '../physical/memory/memory-sequencer.js';
import { addSlot, createHeader, describeHeader, type NewHeader, replaceRoot, unlockHeader } from './header.js';
import { type HeaderPlace, readHeader, replaceHeader, tidyHeader, writeNewHeader } from './header-file.js';
import type { Slot } from './slots/slot.js';

const clock = new FakeClock();

function memorySlot(slotKey = randomBytes(32)): Slot {
  return {
    kind: 'memory',
    enrol: async () => ({ slotKey, parameters: {} }),
    discard: async () => {},
    unlock: async () => slotKey.slice(),
  };
}

let temporary: TemporaryFolder;
let place: HeaderPlace;
let slot: Slot;
let first: NewHeader;

beforeEach(async () => {
  temporary = temporaryFolder();
  place = { folder: temporary.path('.'), sequencer: new MemorySequencer(clock) };
  slot = memorySlot();
  first = await createHeader({ storeId: 'store-1', clock, slots: [slot] });
  await writeNewHeader(place.folder, first);
});
afterEach(() => temporary.remove());

const newRoot = () => replaceRoot(first, first, {}, clock);
const latchName = (header: NewHeader) => `latch-${describeHeader(header.bytes).latch}.kw`;
const stored = ({ bytes, latch }: NewHeader) => ({ bytes, latch });

describe('the header in its folder', () => {
  test('is read with the latch that belongs to it', async () => {
    expect(await readHeader(place.folder)).toEqual(stored(first));
    expect(await readHeader(temporary.path('absent'))).toBeUndefined();
  });

  test('is never put in the place of another one as a new header', async () => {
    await expect(writeNewHeader(place.folder, await newRoot())).rejects.toMatchObject({ code: 'conflict' });
    expect(await readHeader(place.folder)).toEqual(stored(first));
  });

  test('without its latch is not taken for whole', async () => {
    rmSync(temporary.path(latchName(first)));
    await expect(readHeader(place.folder)).rejects.toMatchObject({ code: 'integrity' });
  });

  test.each(['header.kw', 'latch'])('is refused while others can read %s', async (name) => {
    chmodSync(temporary.path(name === 'latch' ? latchName(first) : name), 0o640);
    await expect(readHeader(place.folder)).rejects.toMatchObject({ code: 'config' });
  });
});

describe('a header that takes the place of another one', () => {
  test('leaves only itself and its latch', async () => {
    const second = await newRoot();
    await replaceHeader(place, first, second);
    expect(await readHeader(place.folder)).toEqual(stored(second));
    expect(readdirSync(place.folder).sort()).toEqual(['header.kw', latchName(second)]);
  });

  test('makes an old header useless, whoever puts it back', async () => {
    await replaceHeader(place, first, await newRoot());
    writeFileSync(temporary.path('header.kw'), first.bytes);
    await expect(readHeader(place.folder)).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('does not belong to this folder'),
    });
  });

  test('keeps the latch when only a slot was added', async () => {
    await replaceHeader(place, first, await addSlot(first, first, memorySlot(), clock));
    expect(readdirSync(place.folder).sort()).toEqual(['header.kw', latchName(first)]);
    const header = await readHeader(place.folder);
    expect(header && (await unlockHeader(header, [slot])).root).toEqual(first.root);
  });

  test('is refused when another one came in between, and changes nothing', async () => {
    const [second, third] = [await newRoot(), await newRoot()];
    const outcomes = await Promise.allSettled([
      replaceHeader(place, first, second),
      replaceHeader(place, first, third),
    ]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'conflict' } }]);
    expect(await readHeader(place.folder)).toEqual(stored(second));
    expect(readdirSync(place.folder).sort()).toEqual(['header.kw', latchName(second)]);
  });
});

describe('a change that was cut off', () => {
  const expectOnly = async (header: NewHeader) => {
    await tidyHeader(place);
    expect(await readHeader(place.folder)).toEqual(stored(header));
    expect(readdirSync(place.folder).sort()).toEqual(['header.kw', latchName(header)]);
  };

  test('before the header was replaced is undone by the next opening', async () => {
    const second = await newRoot();
    temporary.write(latchName(second), second.latch);
    temporary.write(`.header.kw.${'0a'.repeat(8)}.tmp`, second.bytes.subarray(0, 100));
    temporary.write(`.${latchName(await newRoot())}.${'0a'.repeat(8)}.tmp`, second.latch);
    await expectOnly(first);
  });

  test('before the old latch was taken away is finished by the next opening', async () => {
    const second = await newRoot();
    temporary.write(latchName(second), second.latch);
    temporary.write('next', second.bytes);
    renameSync(temporary.path('next'), temporary.path('header.kw'));
    await expectOnly(second);
  });

  test('is cleaned up without touching what is not its own', async () => {
    const names = ['data.mdb', 'lock.mdb', 'latch-notes.kw', 'header.kw.old'];
    for (const name of names) temporary.write(name, name);
    temporary.write(latchName(await newRoot()), randomBytes(32));
    await tidyHeader(place);
    expect(readdirSync(place.folder).sort()).toEqual([...names, 'header.kw', latchName(first)].sort());
    for (const name of names) expect(readFileSync(temporary.path(name), 'utf8')).toBe(name);
  });
});
