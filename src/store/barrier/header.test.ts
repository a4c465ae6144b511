import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { wrapRoot } from '../../crypto/recipient.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { addSlot, createHeader, describeHeader, unlockHeader } from './header.js';
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
    unlock: async () => slotKey,
  };
}

const unreachable: Slot = { kind: 'memory', enrol: () => expect.unreachable(), unlock: () => expect.unreachable() };

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

const create = (...slots: Slot[]) => createHeader({ storeId: 'store-1', clock, slots });

describe('header', () => {
  test('opens with each of its slots alone, to the same keyring and root', async () => {
    const slots = [memorySlot(), memorySlot(), memorySlot(undefined, 'other')];
    const [first, second] = slots;
    const { bytes, ...unlocked } = await create(...slots.slice(0, 2));
    for (const slot of [first, second]) {
      expect(await unlockHeader(bytes, slot === undefined ? [] : [slot])).toEqual(unlocked);
    }
  });

  test('that the first release wrote still opens', async () => {
    const bytes = utf8(
      '{"keyward":"header","format":1,"storeId":"frozen","slots":[{"id":"807bf4cadb7f5029b525f65e6d7c9b51","kind":"memory","createdAt":"2030-01-01T00:00:00.000Z","publicKey":"f8LhtoFQ9rnrChAbfws38fYZ/8emxZ31gxsgE764snc=","check":"mRsvQgvPKlUisBpCRwKcGqggqo4SGEsGleIPYVU4pwk=","parameters":{"note":"first","cost":1},"ephemeralKey":"BI/q3Bbl+w+Tj66RXUVepQJbSF1GVLp51pnhQeR1DAQ=","root":"AQAAAAD8MBKyxM8hWwl1QbYHz4Pky18AP9VddPNRTNGLrEu2mjr/jjDrq/Fb9sHMqLseQCDDJA4Nw9cTnMDKDofPa8RdxI5LbcZsOZk="}],"keyring":"AQAAAAAu2MlQml2aSwpiIJLTFtOMri2MjiwkKRDhZleTYln0nsXtRByZvAQbn4WHM9sN4Jg4LUiiqao86vSu3/Js/LxJqyB/+cjeENdbd1L4bR2F83Ft5/iAZDVkeJFFl6/wjLTmIb/aLEedlVON/w9zsaJDeOLENiuZRgFXBIf6OS2frpzTKi+Zj5G+HVfeWgj2aLbucAfuG41PZ92Ak/59qjRFeh+Hg1AYprw7F0kWaUTTlJS9aDu+Thg/g+4DVhFKkzp4K/c1LXu6pKkjf1VEq+mfPRkbnhoomNdSzgCuzPDBoKaBN0zrZThx8QXlW4UfLqA3AeJayqW8exoorWg9IbXHmjGlDtdLf691nTz1dQ==","mac":"H+bqXWB4ePhObnasvsjaVQuO8kb8nK7ljhgGNZ2jU08="}\n',
    );
    const unlocked = await unlockHeader(bytes, [memorySlot(new Uint8Array(32).fill(0x11))]);
    expect(unlocked.storeId).toBe('frozen');
    expect(toBase64(unlocked.root)).toBe('Hr7TT5sKLYMPTWPIiV/7qXVTt/wGzGmtk+u2ywk3rQ4=');
    expect(toBase64(unlocked.keyring.fixed.index.key)).toBe('IShHjiZ8Gx6zpToCtdOKiNhbEpFz46AwGEAMmN0WoGs=');
  });

  test('of another store opens nothing, although its root is sealed to the public key of our slot', async () => {
    const slot = memorySlot();
    const ours = await create(slot);
    const theirs = await createHeader({ storeId: 'store-2', clock, slots: [memorySlot()] });
    const copied: Editable = JSON.parse(fromUtf8(ours.bytes));
    const [{ id, publicKey, check }] = copied.slots;
    const wrapped = wrapRoot(theirs.root, fromBase64(publicKey), { storeId: 'store-2', slotId: id });
    const forged = edit(theirs.bytes, (header) => {
      const entry = header.slots[0];
      Object.assign(entry, { id, publicKey, check });
      Object.assign(entry, { ephemeralKey: toBase64(wrapped.ephemeralKey), root: toBase64(wrapped.box) });
    });
    await expect(unlockHeader(forged, [slot])).rejects.toMatchObject(notThisKey);
  });

  test('tries the slots in the order in which they are offered, and stops at the one that fits', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const absent = { ...memorySlot(), unlock: async () => undefined };
    await expect(unlockHeader(bytes, [absent, memorySlot(), slot, unreachable])).resolves.toMatchObject({
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
    for (const slots of offers) await expect(unlockHeader(bytes, slots)).rejects.toMatchObject(notThisKey);
  });

  test('says which slots it has when no key is offered', async () => {
    const { bytes } = await create(memorySlot(), memorySlot(randomBytes(32), 'other'), memorySlot());
    const absent = { ...memorySlot(), unlock: async () => undefined };
    for (const slots of [[], [absent], [memorySlot(randomBytes(32), 'third')]]) {
      await expect(unlockHeader(bytes, slots)).rejects.toMatchObject({
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
      await expect(createHeader({ storeId, clock, slots: [unreachable] })).rejects.toMatchObject({ code: 'invalid' });
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
        const outcome = await unlockHeader(changed, [slot]).then(
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
      await expect(unlockHeader(bytes.subarray(0, length), [slot])).rejects.toMatchObject(damaged);
    }
    for (const tail of ['\n', ' ', '{}']) {
      await expect(unlockHeader(utf8(fromUtf8(bytes) + tail), [slot])).rejects.toMatchObject(damaged);
    }
    await expect(unlockHeader(new Uint8Array(65 * 1024).fill(0x20), [slot])).rejects.toMatchObject(damaged);
  });

  test('never opens in another spelling of the same content', async () => {
    const slot = memorySlot();
    const text = fromUtf8((await create(slot)).bytes);
    const spellings = [
      text.trimEnd(),
      ` ${text}`,
      text.replace('"format":1', '"format":1.0'),
      text.replace('"format":1', '"format":1,"format":1'),
      text.replace('"format":1,"storeId":"store-1"', '"storeId":"store-1","format":1'),
      text.replace('store-1', '\\u0073tore-1'),
      text.replace('"parameters":{}', '"parameters":{"__proto__":1}'),
      text.replace('.000Z', 'Z'),
      text.replace('{"keyward"', '{"more":1,"keyward"'),
    ];
    for (const spelling of spellings) {
      expect(spelling).not.toBe(text);
      await expect(unlockHeader(utf8(spelling), [slot])).rejects.toMatchObject(damaged);
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
      await expect(unlockHeader(edit(bytes, change), slots)).rejects.toMatchObject(damaged);
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
      await expect(unlockHeader(changed, [slot])).rejects.toMatchObject({
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
    for (const slot of slots) await expect(unlockHeader(changed, [slot])).rejects.toMatchObject(damaged);
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
    await expect(unlockHeader(changed, [slot])).rejects.toMatchObject(damaged);
  });

  test('never opens with the store id, keyring or slots of another store', async () => {
    const slot = memorySlot();
    const { bytes } = await create(slot);
    const other: Editable = JSON.parse(
      fromUtf8((await createHeader({ storeId: 'store-2', clock, slots: [slot] })).bytes),
    );
    const changes: ((header: Editable) => void)[] = [
      (header) => Object.assign(header, { storeId: other.storeId }),
      (header) => Object.assign(header, { keyring: other.keyring }),
      (header) => Object.assign(header, { keyring: other.keyring, mac: other.mac }),
      (header) => Object.assign(header, { slots: other.slots }),
      (header) => Object.assign(header, { slots: other.slots, keyring: other.keyring, mac: other.mac }),
    ];
    for (const change of changes) {
      const code = expect.stringMatching(/^(?:integrity|sealed)$/);
      await expect(unlockHeader(edit(bytes, change), [slot])).rejects.toMatchObject({ code });
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
      await expect(unlockHeader(changed, [unasked])).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('with other Argon2id parameters within bounds does not open', async () => {
    const cost = { memoryKiB: 19 * 1024, passes: 2, lanes: 1 };
    const slot = new PassphraseSlot({ ask: async () => utf8('correct horse'), cost });
    const { bytes } = await create(slot);
    const changed = edit(bytes, ({ slots: [first] }) => {
      first.parameters = { ...first.parameters, passes: 1 };
    });
    await expect(unlockHeader(changed, [slot])).rejects.toMatchObject(notThisKey);
  });

  test('of a newer format is left alone, with the advice to update', async () => {
    const slot = memorySlot();
    const changed = edit((await create(slot)).bytes, (header) => {
      header.format = 2;
    });
    const advice = expect.stringContaining('Update keyward');
    await expect(unlockHeader(changed, [slot])).rejects.toMatchObject({ code: 'unsupported', advice });
    expect(() => describeHeader(changed)).toThrow('the store has format 2; this version of keyward reads 1');
    const later = utf8('{"keyward":"header","format":3,"everything":"else is different"}');
    expect(() => describeHeader(later)).toThrow('the store has format 3');
  });

  test('is never mistaken for one, whatever the bytes are', async () => {
    const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(utf8));
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        await expect(unlockHeader(bytes, [unreachable])).rejects.toMatchObject(damaged);
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
    const extended = await addSlot(bytes, unlocked, second, clock);
    expect(await unlockHeader(extended, [first])).toEqual(unlocked);
    expect(await unlockHeader(extended, [second])).toEqual(unlocked);
    expect(describeHeader(extended).slots.map((slot) => slot.kind)).toEqual(['memory', 'recovery']);
    await expect(unlockHeader(bytes, [second])).rejects.toMatchObject({ code: 'sealed' });
  });

  test('enrols nothing into a header that was changed, or that is of another store', async () => {
    const slot = memorySlot();
    const { bytes, ...unlocked } = await create(slot);
    const other = await create(slot);
    const changed = edit(bytes, ({ slots: [first] }) => {
      first.publicKey = toBase64(randomBytes(32));
    });
    for (const wrong of [changed, other.bytes]) {
      await expect(addSlot(wrong, unlocked, unreachable, clock)).rejects.toMatchObject(damaged);
    }
  });

  test('enrols nothing beyond the sixteenth slot', async () => {
    const { bytes, ...unlocked } = await create(...Array.from({ length: 16 }, () => memorySlot()));
    await expect(addSlot(bytes, unlocked, unreachable, clock)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('changes nothing when the enrolment fails', async () => {
    const slot = memorySlot();
    const { bytes, ...unlocked } = await create(slot);
    const before = Uint8Array.from(bytes);
    const failing = { ...slot, enrol: () => Promise.reject(new KeywardError('conflict', 'the file exists')) };
    await expect(addSlot(bytes, unlocked, failing, clock)).rejects.toMatchObject({ code: 'conflict' });
    expect(bytes).toEqual(before);
  });
});
