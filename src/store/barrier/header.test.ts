import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { wrapRoot } from '../../crypto/recipient.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { addSlot, createHeader, describeHeader, type UnlockedHeader, unlockHeader } from './header.js';
import { PassphraseSlot } from './slots/passphrase/passphrase.js';
import { RecoverySlot } from './slots/recovery/recovery.js';
import type { Slot, SlotParameters } from './slots/slot.js';

const clock = new FakeClock();
const damaged = { code: 'integrity', message: 'the header of the store is damaged or was changed' };
const notThisKey = { code: 'sealed', message: 'this key does not open the store' };

function memorySlot(slotKey: Uint8Array | undefined = randomBytes(32), kind = 'memory'): Slot {
  return {
    kind,
    enrol: async () => ({ slotKey: slotKey ?? randomBytes(32), parameters: {} }),
    discard: async () => {},
    unlock: async () => slotKey?.slice(),
  };
}

const unreachable: Slot = {
  kind: 'memory',
  enrol: () => expect.unreachable(),
  discard: () => expect.unreachable(),
  unlock: () => expect.unreachable(),
};

interface Editable {
  format: number;
  storeId: string;
  slots: [EditableSlot, ...EditableSlot[]];
  keyring: string;
  mac: string;
}

interface EditableSlot {
  id: string;
  kind: string;
  publicKey: string;
  check: string;
  parameters: SlotParameters;
  ephemeralKey: string;
  root: string;
}

function edit(bytes: Uint8Array, change: (header: Editable) => void): Uint8Array {
  const header: Editable = JSON.parse(fromUtf8(bytes));
  change(header);
  return utf8(`${JSON.stringify(header)}\n`);
}

/** As the folders of the stores have them. */
const latches = new Map<string, Uint8Array>();
const latchOf = (bytes: Uint8Array) => {
  const id = /"latch":"([0-9a-f]{32})"/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
  return latches.get(id ?? '') ?? randomBytes(32);
};

async function newHeader(options: Parameters<typeof createHeader>[0]) {
  const { latch, ...header } = await createHeader(options);
  latches.set(describeHeader(header.bytes).latch, latch);
  return header;
}

const create = (...slots: Slot[]) => newHeader({ storeId: 'store-1', clock, slots });

async function unlock(bytes: Uint8Array, slots: readonly Slot[]): Promise<UnlockedHeader> {
  const { slotId, recipient: _, ...unlocked } = await unlockHeader({ bytes, latch: latchOf(bytes) }, slots);
  expect(describeHeader(bytes).slots.map(({ id }) => id)).toContain(slotId);
  return unlocked;
}

async function extend(bytes: Uint8Array, unlocked: UnlockedHeader, slot: Slot): Promise<Uint8Array> {
  return (await addSlot({ bytes, latch: latchOf(bytes) }, unlocked, slot, clock)).bytes;
}

describe('header', () => {
  test('opens with each of its slots alone, to the same keyring and root', async () => {
    const slots = [memorySlot(), memorySlot(), memorySlot(undefined, 'other')];
    const [first, second] = slots;
    const { bytes, ...unlocked } = await create(...slots.slice(0, 2));
    for (const slot of [first, second]) {
      expect(await unlock(bytes, slot === undefined ? [] : [slot])).toEqual(unlocked);
    }
  });

  test('that the first release wrote still opens', async () => {
    const bytes = utf8(
      '{"keyward":"header","format":2,"storeId":"frozen","latch":"9385181332cbb62539e7f899b789e497","slots":[{"id":"08b35c2f20d689e58a3b2c53ab9f98b6","kind":"memory","createdAt":"2030-01-01T00:00:00.000Z","publicKey":"iaLzCDYUCTsSVmKxFziEpfOClX4NXlLmvMKDs7tVfjk=","check":"eZ4nAnXI/1gpyOILda2hnyJGGwohDfeRLNE3KVmrC0s=","parameters":{"note":"first","cost":1},"ephemeralKey":"Ey0APRf6HuIVkjWMKMw7gaa+ZxlkQbDHAWu11hSRoUc=","root":"AQAAAAANZ1qVzY1nTJtcf/ESZUfRN7tl6YJz6AG5c7kMvMWFuYjAlYSfsTqMLj1MQdzZeplPodh5zYtb/9vAMQRF1ajPiRhx6Le84bw="}],"keyring":"AQAAAABnQBDIjQeyzxPzC4y5/WEanHb0VT2IYvSwo/cdp0/5kEUF2i5TL8etXju9qW/q68tPiEZMavoEJtBjKAMNscn4xmlAhgJZYoOBBwZKrzArdV4fwYp6M8ack2KUmboh2SrEXS6xYjBd5W3j29RtTl0HUISB1ZVrEyBTYlBGRXnWPo3RgCbtTW+X9WIFvTVmAuQyIzedUY1NdRQbkck2NfuP41Zs2fG+MtXtwlUhC88YmFIOlbxZi0TH+aehI0+4K6rBTUgFn9mjGu/GEdYC67gE03kXuDaWSl8+XAW1iRBlWSGCX+n8du3u46XrgslVq7ZR0bZp70iEXJP9/+vMxmlbfVDrW/rDNKBcEdkLiw==","mac":"sfSvvZq+V6/zPIu1uQE83ktLwg+zBZ/7hzVPOljO7Zk="}\n',
    );
    const latch = fromBase64('9Alf3XaW4XmQP+Mn4IlaJk5Mk1+l4C5digr5UIDD+O8=');
    const slot = memorySlot(new Uint8Array(32).fill(0x11));
    const unlocked = await unlockHeader({ bytes, latch }, [slot]);
    expect(unlocked.storeId).toBe('frozen');
    expect(toBase64(unlocked.root)).toBe('tpAyUpF4bTpqiQ8NS7lO5luxleFuM3lSRxYjtnBe5kA=');
    expect(toBase64(unlocked.keyring.fixed.index.key)).toBe('hTODSuGqJCXGiCbyjO+cre0PVeQMYMxIcp0INNImd7k=');
  });

  test('of another store opens nothing, although its root is sealed to the public key of our slot', async () => {
    const slot = memorySlot();
    const ours = await create(slot);
    const theirs = await newHeader({ storeId: 'store-2', clock, slots: [memorySlot()] });
    const copied: Editable = JSON.parse(fromUtf8(ours.bytes));
    const [{ id, publicKey, check }] = copied.slots;
    const wrapped = wrapRoot(theirs.root, fromBase64(publicKey), { storeId: 'store-2', slotId: id });
    const forged = edit(theirs.bytes, (header) => {
      const entry = header.slots[0];
      Object.assign(entry, { id, publicKey, check });
      Object.assign(entry, { ephemeralKey: toBase64(wrapped.ephemeralKey), root: toBase64(wrapped.box) });
    });
    await expect(unlock(forged, [slot])).rejects.toMatchObject(notThisKey);
  });

  test('tries the slots in the order in which they are offered, and stops at the one that fits', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const absent = { ...memorySlot(), unlock: async () => undefined };
    await expect(unlock(bytes, [absent, memorySlot(), slot, unreachable])).resolves.toMatchObject({
      storeId: 'store-1',
    });
  });

  test('gives one and the same error for every wrong key', async () => {
    const { bytes } = await create(memorySlot(), memorySlot(undefined, 'other'));
    const offers = [
      [memorySlot()],
      [memorySlot(undefined, 'other')],
      [memorySlot(), memorySlot(new Uint8Array(0), 'other')],
    ];
    for (const slots of offers) await expect(unlock(bytes, slots)).rejects.toMatchObject(notThisKey);
  });

  test('says which slots it has when no key is offered', async () => {
    const { bytes } = await create(memorySlot(), memorySlot(randomBytes(32), 'other'), memorySlot());
    const absent = { ...memorySlot(), unlock: async () => undefined };
    for (const slots of [[], [absent], [memorySlot(randomBytes(32), 'third')]]) {
      await expect(unlock(bytes, slots)).rejects.toMatchObject({
        code: 'sealed',
        message: 'no key was offered for any slot of the store; it has: memory, other',
      });
    }
  });

  test('is described without any key, and without anything that opens it', async () => {
    const { bytes } = await create(memorySlot(), memorySlot(randomBytes(32), 'other'));
    const createdAt = new Date(clock.now());
    const id = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(describeHeader(bytes)).toEqual({
      storeId: 'store-1',
      latch: expect.stringMatching(/^[0-9a-f]{32}$/),
      slots: [
        { id, kind: 'memory', createdAt },
        { id, kind: 'other', createdAt },
      ],
    });
  });

  test('holds none of its keys in clear', async () => {
    const slotKey = randomBytes(32);
    const { bytes, keyring, root } = await create(memorySlot(slotKey));
    const held = Buffer.concat(
      (fromUtf8(bytes).match(/[A-Za-z0-9+/]{20,}={0,2}/g) ?? []).map((text) => Buffer.from(text, 'base64')),
    );
    const keys = [slotKey, root, ...[...keyring.terms, ...Object.values(keyring.fixed)].map((entry) => entry.key)];
    for (const key of keys) expect(held.includes(Buffer.from(key))).toBe(false);
  });

  test('is never made twice with the same keys', async () => {
    const slot = memorySlot();
    const [first, second] = [await create(slot), await create(slot)];
    expect(first.root).not.toEqual(second.root);
    expect(first.keyring.terms[0]?.key).not.toEqual(second.keyring.terms[0]?.key);
  });

  test('needs a slot, at most sixteen of them, and a proper store id, before anything is enrolled', async () => {
    for (const slots of [[], Array.from({ length: 17 }, () => unreachable)]) {
      await expect(create(...slots)).rejects.toMatchObject({ code: 'invalid' });
    }
    for (const storeId of ['', 'a/b', 'a'.repeat(65), 'ä']) {
      await expect(newHeader({ storeId, clock, slots: [unreachable] })).rejects.toMatchObject({ code: 'invalid' });
    }
  });
});

describe('a header that could not be read back', () => {
  test.each<[string, SlotParameters]>([
    ['with more parameters than fit', { text: 'x'.repeat(70_000) }],
    ['with a parameter that is no whole number', { cost: 0.5 }],
    ['with a parameter name that would be reordered', { 5: 'five' }],
  ])('is not written: %s', async (_, parameters) => {
    const slot = { ...memorySlot(), enrol: async () => ({ slotKey: randomBytes(32), parameters }) };
    await expect(create(slot)).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('a changed header', () => {
  const flips = [
    { name: 'byte has a bit flipped', bitsOf: (at: number) => [at % 8] },
    { name: 'bit is flipped', bitsOf: () => [0, 1, 2, 3, 4, 5, 6, 7] },
  ].slice(0, process.env['KEYWARD_FULL'] === '1' ? 2 : 1);
  test.each(flips)('never opens, whichever $name', { timeout: 300_000 }, async ({ bitsOf }) => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const outcomes = new Set<string>();
    for (const [at, byte] of bytes.entries()) {
      for (const bit of bitsOf(at)) {
        const changed = bytes.with(at, byte ^ (1 << bit));
        const outcome = await unlock(changed, [slot]).then(
          () => `opened with bit ${bit} of byte ${at} flipped`,
          (error: unknown) => (error instanceof KeywardError ? error.code : `${error}`),
        );
        outcomes.add(outcome);
      }
    }
    expect(['integrity', 'sealed', 'unsupported']).toEqual(expect.arrayContaining([...outcomes]));
    expect(outcomes).toContain('integrity');
  });

  test('never opens when it is cut or goes on', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    for (let length = 0; length < bytes.length; length++) {
      await expect(unlock(bytes.subarray(0, length), [slot])).rejects.toMatchObject(damaged);
    }
    for (const tail of ['\n', ' ', '{}']) {
      await expect(unlock(utf8(fromUtf8(bytes) + tail), [slot])).rejects.toMatchObject(damaged);
    }
    await expect(unlock(new Uint8Array(65 * 1024).fill(0x20), [slot])).rejects.toMatchObject(damaged);
  });

  test('never opens in another spelling of the same content', async () => {
    const slot = memorySlot();
    const text = fromUtf8((await create(slot)).bytes);
    const spellings = [
      text.trimEnd(),
      ` ${text}`,
      text.replace('"format":2', '"format":2.0'),
      text.replace('"format":2', '"format":2,"format":2'),
      text.replace('"format":2,"storeId":"store-1"', '"storeId":"store-1","format":2'),
      text.replace('store-1', '\\u0073tore-1'),
      text.replace('"parameters":{}', '"parameters":{"__proto__":1}'),
      text.replace('.000Z', 'Z'),
      text.replace('{"keyward"', '{"more":1,"keyward"'),
    ];
    for (const spelling of spellings) {
      expect(spelling).not.toBe(text);
      await expect(unlock(utf8(spelling), [slot])).rejects.toMatchObject(damaged);
    }
  });

  test('never opens with slots in another order, without one of them, or with one twice', async () => {
    const slots = [memorySlot(), memorySlot()];
    const { bytes } = await create(...slots);
    const changes: ((header: Editable) => void)[] = [
      (header) => header.slots.reverse(),
      (header) => header.slots.pop(),
      (header) => header.slots.push(header.slots[0]),
    ];
    for (const change of changes) {
      await expect(unlock(edit(bytes, change), slots)).rejects.toMatchObject(damaged);
    }
  });

  const fields = ['id', 'publicKey', 'check', 'ephemeralKey', 'root'] as const;
  test.each(fields)('never opens when two slots swap their field %s', async (field) => {
    const slots = [memorySlot(), memorySlot()];
    const { bytes } = await create(...slots);
    const changed = edit(bytes, (header) => {
      const [first, second = first] = header.slots;
      [first[field], second[field]] = [second[field], first[field]];
    });
    for (const slot of slots) {
      await expect(unlock(changed, [slot])).rejects.toMatchObject({
        code: expect.stringMatching(/^(integrity|sealed)$/),
      });
    }
  });

  test('never opens when the public key of a slot was replaced, so that a later root would go to somebody else', async () => {
    const slots = [memorySlot(), memorySlot()];
    const { bytes } = await create(...slots);
    const changed = edit(bytes, ({ slots: [first] }) => {
      first.publicKey = toBase64(randomBytes(32));
    });
    for (const slot of slots) await expect(unlock(changed, [slot])).rejects.toMatchObject(damaged);
  });

  test('never opens when a slot was given another root by somebody who knows its public key', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const changed = edit(bytes, ({ storeId, slots: [first] }) => {
      const publicKey = Uint8Array.from(Buffer.from(first.publicKey, 'base64'));
      const { ephemeralKey, box } = wrapRoot(randomBytes(32), publicKey, { storeId, slotId: first.id });
      first.ephemeralKey = toBase64(ephemeralKey);
      first.root = toBase64(box);
    });
    await expect(unlock(changed, [slot])).rejects.toMatchObject(damaged);
  });

  test('never opens with the store id, keyring or slots of another store', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const other: Editable = JSON.parse(fromUtf8((await newHeader({ storeId: 'store-2', clock, slots: [slot] })).bytes));
    const changes: ((header: Editable) => void)[] = [
      (header) => Object.assign(header, { storeId: other.storeId }),
      (header) => Object.assign(header, { keyring: other.keyring }),
      (header) => Object.assign(header, { keyring: other.keyring, mac: other.mac }),
      (header) => Object.assign(header, { slots: other.slots }),
      (header) => Object.assign(header, { slots: other.slots, keyring: other.keyring, mac: other.mac }),
    ];
    for (const change of changes) {
      const code = expect.stringMatching(/^(?:integrity|sealed)$/);
      await expect(unlock(edit(bytes, change), [slot])).rejects.toMatchObject({ code });
    }
  });

  test('with Argon2id parameters out of bounds is refused before anybody is asked for a passphrase', async () => {
    const cost = { memoryKiB: 19 * 1024, passes: 1, lanes: 1 };
    const { bytes } = await create(new PassphraseSlot({ ask: async () => utf8('correct horse'), cost }));
    const unasked = new PassphraseSlot({ ask: () => expect.unreachable() });
    for (const parameter of [{ memoryKiB: 4_000_000 }, { passes: 1000 }, { lanes: 64 }, { memoryKiB: 8 }]) {
      const changed = edit(bytes, ({ slots: [first] }) => {
        first.parameters = { ...first.parameters, ...parameter };
      });
      await expect(unlock(changed, [unasked])).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('with other Argon2id parameters within bounds does not open', async () => {
    const cost = { memoryKiB: 19 * 1024, passes: 2, lanes: 1 };
    const slot = new PassphraseSlot({ ask: async () => utf8('correct horse'), cost });
    const { bytes } = await create(slot);
    const changed = edit(bytes, ({ slots: [first] }) => {
      first.parameters = { ...first.parameters, passes: 1 };
    });
    await expect(unlock(changed, [slot])).rejects.toMatchObject(notThisKey);
  });

  test('of another format is left alone, a newer one with the advice to update', async () => {
    const slot = memorySlot();
    const changed = edit((await create(slot)).bytes, (header) => {
      header.format = 3;
    });
    const advice = expect.stringContaining('Update keyward');
    await expect(unlock(changed, [slot])).rejects.toMatchObject({ code: 'unsupported', advice });
    expect(() => describeHeader(changed)).toThrow('the store has format 3; this version of keyward reads 2');
    const earlier = edit(changed, (header) => {
      header.format = 1;
    });
    expect(() => describeHeader(earlier)).toThrow('the store has format 1; this version of keyward reads 2');
    const later = utf8('{"keyward":"header","format":4,"everything":"else is different"}');
    expect(() => describeHeader(later)).toThrow('the store has format 4');
  });

  test('is never mistaken for one, whatever the bytes are', async () => {
    const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(utf8));
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        await expect(unlock(bytes, [unreachable])).rejects.toMatchObject(damaged);
      }),
    );
  });
});

describe('adding a slot', () => {
  test('lets the new slot open the store, and the old ones as before', async () => {
    const first = memorySlot();
    const { bytes, ...unlocked } = await create(first);
    let paper: Uint8Array | undefined;
    const second = new RecoverySlot({
      show: async (code) => {
        paper = code;
      },
      ask: async () => paper,
    });
    const extended = await extend(bytes, unlocked, second);
    expect(await unlock(extended, [first])).toEqual(unlocked);
    expect(await unlock(extended, [second])).toEqual(unlocked);
    expect(describeHeader(extended).slots.map((slot) => slot.kind)).toEqual(['memory', 'recovery']);
    await expect(unlock(bytes, [second])).rejects.toMatchObject({ code: 'sealed' });
  });

  test('enrols nothing into a header that was changed, or that is of another store', async () => {
    const slot = memorySlot();
    const { bytes, ...unlocked } = await create(slot);
    const other = await create(slot);
    const changed = edit(bytes, ({ slots: [first] }) => {
      first.publicKey = toBase64(randomBytes(32));
    });
    for (const wrong of [changed, other.bytes]) {
      await expect(extend(wrong, unlocked, unreachable)).rejects.toMatchObject(damaged);
    }
  });

  test('enrols nothing beyond the sixteenth slot', async () => {
    const { bytes, ...unlocked } = await create(...Array.from({ length: 16 }, () => memorySlot()));
    await expect(extend(bytes, unlocked, unreachable)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('changes nothing when the enrolment fails', async () => {
    const slot = memorySlot();
    const { bytes, ...unlocked } = await create(slot);
    const before = Uint8Array.from(bytes);
    const failing = { ...slot, enrol: () => Promise.reject(new KeywardError('conflict', 'the file exists')) };
    await expect(extend(bytes, unlocked, failing)).rejects.toMatchObject({ code: 'conflict' });
    expect(bytes).toEqual(before);
  });
});
