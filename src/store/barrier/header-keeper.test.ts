import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomBytes } from '../../crypto/random.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { MemorySequencer } from '../physical/memory/memory-sequencer.js';
import { createHeader, type NewHeader, unlockHeader } from './header.js';
import { readHeader, writeNewHeader } from './header-file.js';
import { HeaderKeeper } from './header-keeper.js';
import type { Keyring } from './keyring.js';
import type { Slot, SlotAddress } from './slots/slot.js';

const clock = new FakeClock();

function memorySlot(slotKey = randomBytes(32)): Slot & { readonly discarded: SlotAddress[] } {
  const discarded: SlotAddress[] = [];
  return {
    kind: 'memory',
    discarded,
    enrol: async () => ({ slotKey, parameters: {} }),
    discard: async (address) => void discarded.push(address),
    unlock: async () => slotKey.slice(),
  };
}

let temporary: TemporaryFolder;
let sequencer: MemorySequencer;
let [first, second] = [memorySlot(), memorySlot()];
let header: NewHeader;

beforeEach(async () => {
  temporary = temporaryFolder();
  sequencer = new MemorySequencer(clock);
  [first, second] = [memorySlot(), memorySlot()];
  header = await createHeader({ storeId: 'store-1', clock, slots: [first, second] });
  await writeNewHeader(temporary.path('.'), header);
});
afterEach(() => temporary.remove());

async function stored() {
  const found = await readHeader(temporary.path('.'));
  return found ?? expect.fail('there is no header');
}

/** What a further process does that opens the store by the slot. */
async function keeperBy(slot: Slot): Promise<HeaderKeeper> {
  const place = { folder: temporary.path('.'), sequencer };
  return new HeaderKeeper({ place, clock, opened: await unlockHeader(await stored(), [slot]) });
}

const withOneTermMore = (keyring: Keyring): Keyring => {
  const term = { term: (keyring.terms.at(-1)?.term ?? 0) + 1, key: randomBytes(32), createdAt: new Date(0) };
  return { ...keyring, terms: [...keyring.terms, term] };
};

describe('the keeper of a header', () => {
  test('lists the slots, and the one that opened the store', async () => {
    const { slots, openedBy } = await (await keeperBy(second)).list();
    expect(slots).toHaveLength(2);
    expect(openedBy).toBe(slots[1]?.id);
  });

  test('sees what other processes changed, also under a new root', async () => {
    const [ours, theirs] = [await keeperBy(first), await keeperBy(second)];
    const changed = await theirs.change(withOneTermMore);
    expect(await ours.read()).toEqual(changed);
    await theirs.replaceRoot({});
    const changedAgain = await theirs.change(withOneTermMore);
    expect(await ours.read()).toEqual(changedAgain);
    expect(changedAgain.terms).toHaveLength(3);
  });

  test('changes the keyring once for each of several who do so at once', async () => {
    const [ours, theirs] = [await keeperBy(first), await keeperBy(second)];
    const changes = [ours.change(withOneTermMore), theirs.change(withOneTermMore)];
    await Promise.allSettled([...changes, theirs.replaceRoot({})]);
    await Promise.all([ours.change(withOneTermMore), theirs.change(withOneTermMore)]);
    expect((await ours.read()).terms).toHaveLength(5);
  });

  test('leaves the header alone when the keyring stays', async () => {
    const before = await stored();
    await (await keeperBy(first)).change((keyring) => keyring);
    expect(await stored()).toEqual(before);
  });

  test('goes on with the new root after the slot that it used was removed by itself', async () => {
    const keeper = await keeperBy(first);
    const { openedBy } = await keeper.list();
    await keeper.replaceRoot({ remove: [openedBy] });
    expect((await keeper.read()).terms).toHaveLength(1);
    expect((await keeper.list()).slots).toHaveLength(1);
    await expect(keeperBy(first)).rejects.toMatchObject({ code: 'sealed' });
  });

  test('is sealed once another process removed the slot that it used', async () => {
    const [ours, theirs] = [await keeperBy(first), await keeperBy(second)];
    await theirs.replaceRoot({ remove: [(await ours.list()).openedBy] });
    const calls = [() => ours.read(), () => ours.list(), () => ours.addSlot(memorySlot()), () => ours.replaceRoot({})];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'sealed' });
    }
  });

  test('takes away what it enrolled when somebody else was faster', async () => {
    const [ours, theirs] = [await keeperBy(first), await keeperBy(second)];
    const added = memorySlot();
    const late: Slot = {
      ...added,
      enrol: async (address) => {
        await theirs.replaceRoot({});
        return added.enrol(address);
      },
    };
    await expect(ours.addSlot(late)).rejects.toMatchObject({ code: 'conflict' });
    await expect(ours.replaceRoot({ add: late })).rejects.toMatchObject({ code: 'conflict' });
    expect(added.discarded).toHaveLength(2);
    expect((await ours.list()).slots).toHaveLength(2);
  });

  test('has no key any more once it has let go of them', async () => {
    const opened = await unlockHeader(await stored(), [first]);
    const keeper = new HeaderKeeper({ place: { folder: temporary.path('.'), sequencer }, clock, opened });
    keeper.forget();
    await expect(keeper.read()).rejects.toMatchObject({ code: 'sealed' });
    expect(opened.root).toEqual(new Uint8Array(32));
    expect(opened.recipient.privateKey).toEqual(new Uint8Array(32));
  });
});
