import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { fromUtf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHeader, describeHeader, reopenHeader, replaceKeyring, replaceRoot, unlockHeader } from './header.js';
import { createKeyring } from './keyring.js';
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

const unreachable: Slot = {
  kind: 'memory',
  enrol: () => expect.unreachable(),
  discard: () => expect.unreachable(),
  unlock: () => expect.unreachable(),
};

/** A store with two slots, and what it takes to change it. */
async function twoSlots() {
  const [kept, removed] = [memorySlot(), memorySlot()];
  const before = await createHeader({ storeId: 'store-1', clock, slots: [kept, removed] });
  const { slotId: keptId } = await unlockHeader(before, [kept]);
  const { slotId: removedId } = await unlockHeader(before, [removed]);
  return { kept, removed, keptId, removedId, before };
}

describe('a new root', () => {
  test('opens with every slot that stays, although none of their secrets was at hand', async () => {
    const { kept, keptId, removedId, before } = await twoSlots();
    const after = await replaceRoot(before, before, { remove: [removedId] }, clock);
    const opened = await unlockHeader(after, [kept]);
    expect(opened).toMatchObject({ keyring: before.keyring, root: after.root, slotId: keptId });
    expect(after.root).not.toEqual(before.root);
    const [entry] = describeHeader(before.bytes).slots;
    expect(describeHeader(after.bytes).slots).toEqual([entry]);
  });

  test('does not open with the slot that was removed', async () => {
    const { removed, removedId, before } = await twoSlots();
    const after = await replaceRoot(before, before, { remove: [removedId] }, clock);
    await expect(unlockHeader(after, [removed])).rejects.toMatchObject({ code: 'sealed' });
  });

  test('leaves an old header without the latch that it needs: the slot that was removed opens nothing with it', async () => {
    const { removed, removedId, before } = await twoSlots();
    const after = await replaceRoot(before, before, { remove: [removedId] }, clock);
    const oldHeader = { bytes: before.bytes, latch: after.latch };
    await expect(unlockHeader(oldHeader, [removed])).rejects.toMatchObject({ code: 'integrity' });
    expect(describeHeader(after.bytes).latch).not.toBe(describeHeader(before.bytes).latch);
  });

  test('takes nothing of the root before it along', async () => {
    const { before, removedId } = await twoSlots();
    const after = await replaceRoot(before, before, { remove: [removedId] }, clock);
    const boxes = (bytes: Uint8Array): readonly string[] =>
      fromUtf8(bytes).match(/"(?:root|ephemeralKey|keyring|mac)":"[^"]+"/g) ?? [];
    expect(boxes(after.bytes)).toHaveLength(4);
    expect(boxes(after.bytes).filter((box) => boxes(before.bytes).includes(box))).toEqual([]);
  });

  test('can come with another slot and another keyring', async () => {
    const { kept, removed, removedId, before } = await twoSlots();
    const [add, keyring] = [memorySlot(), createKeyring(clock)];
    const after = await replaceRoot(before, before, { remove: [removedId], add, keyring: () => keyring }, clock);
    for (const slot of [kept, add]) expect((await unlockHeader(after, [slot])).keyring).toEqual(keyring);
    await expect(unlockHeader(after, [removed])).rejects.toMatchObject({ code: 'sealed' });
  });

  test('is refused when it would open with nothing, or is about a slot that is not there', async () => {
    const { keptId, removedId, before } = await twoSlots();
    const remove = [keptId, removedId];
    await expect(replaceRoot(before, before, { remove }, clock)).rejects.toMatchObject({ code: 'invalid' });
    const unknown = { remove: ['0'.repeat(32)], add: unreachable };
    await expect(replaceRoot(before, before, unknown, clock)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is sealed to no public key of a header that was changed', async () => {
    const { before, removedId } = await twoSlots();
    const other = await createHeader({ storeId: 'store-1', clock, slots: [memorySlot()] });
    const change = { remove: [removedId], add: unreachable };
    await expect(replaceRoot(other, before, change, clock)).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('a process that opened the store before', () => {
  test('opens the header of a new root by the slot that it used, without asking for its secret again', async () => {
    const { kept, keptId, removedId, before } = await twoSlots();
    const opened = await unlockHeader(before, [kept]);
    const keyring = createKeyring(clock);
    const after = await replaceRoot(before, before, { remove: [removedId], keyring: () => keyring }, clock);
    expect(reopenHeader(after, opened)).toMatchObject({ root: after.root, keyring, slotId: keptId });
  });

  test('opens nothing any more when its slot was removed', async () => {
    const { removed, removedId, before } = await twoSlots();
    const opened = await unlockHeader(before, [removed]);
    const after = await replaceRoot(before, before, { remove: [removedId] }, clock);
    expect(() => reopenHeader(after, opened)).toThrow('was removed or changed');
  });
});

describe('another keyring under the same root', () => {
  test('is what every slot leads to from then on', async () => {
    const { kept, removed, before } = await twoSlots();
    const keyring = createKeyring(clock);
    const after = replaceKeyring(before, before, keyring);
    for (const slot of [kept, removed]) {
      expect(await unlockHeader(after, [slot])).toMatchObject({ keyring, root: before.root });
    }
  });
});

describe('a slot that cannot be reached', () => {
  const away: Slot = {
    ...memorySlot(),
    unlock: () => Promise.reject(new KeywardError('unavailable', 'there is no keyring')),
  };

  test('keeps no other one from opening the store, and is named when there is none', async () => {
    const { kept, before } = await twoSlots();
    await expect(unlockHeader(before, [away, kept])).resolves.toMatchObject({ root: before.root });
    await expect(unlockHeader(before, [away, memorySlot()])).rejects.toThrow('there is no keyring');
  });
});
