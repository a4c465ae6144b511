import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from './encoding.js';
import { randomBytes } from './random.js';
import { deriveRecipient, type SlotAddress, unwrapRoot, wrapRoot } from './recipient.js';

const slotKey = new Uint8Array(32).fill(0x11);
const root = new Uint8Array(32).fill(0x22);
const address: SlotAddress = { storeId: 'store-1', slotId: 'slot-1' };
const recipient = deriveRecipient(slotKey, 'slot-1');

describe('recipient', () => {
  test('gets back the root key that was wrapped for it', () => {
    expect(unwrapRoot(wrapRoot(root, recipient.publicKey, address), recipient, address)).toEqual(root);
  });

  test('gets back the root key that the first release wrapped', () => {
    const ephemeralKey = fromHex('833c06fde4a9829a909bb14b059ad3fff3fabf32050c05fe738b80e6f0b4b152');
    const box = fromHex(
      '01000000008e303118d7ebb1ca3dd95ffa92da2cf86955a1a247faefcdb1e5f41773651c895e363e320f5e50e10cd95ac442271570cf28adf3b60b367168e379e6a92e4f033255c14360dfd961',
    );
    expect(toHex(recipient.publicKey)).toBe('02b7af734a75f5c9856035b9868c1d20b05ea5ef3bd4f28858e538fb3487ea61');
    expect(toHex(recipient.check)).toBe('506de79e72af3269badd7e42bbf29ab72d9877a3b463dc94c9dc47dcdee0406c');
    expect(unwrapRoot({ ephemeralKey, box }, recipient, address)).toEqual(root);
  });

  test('does not get a root key that was wrapped for another slot or store', () => {
    const wrapped = wrapRoot(root, recipient.publicKey, address);
    for (const other of [
      { ...address, storeId: 'store-2' },
      { ...address, slotId: 'slot-2' },
    ]) {
      expect(() => unwrapRoot(wrapped, recipient, other)).toThrow('does not open');
    }
    expect(() => unwrapRoot(wrapped, deriveRecipient(slotKey, 'slot-2'), address)).toThrow('does not open');
    expect(() => unwrapRoot(wrapped, deriveRecipient(randomBytes(32), 'slot-1'), address)).toThrow('does not open');
  });

  test('notices an ephemeral key that was replaced', () => {
    const wrapped = wrapRoot(root, recipient.publicKey, address);
    const other = wrapRoot(root, recipient.publicKey, address);
    expect(() => unwrapRoot({ ...wrapped, ephemeralKey: other.ephemeralKey }, recipient, address)).toThrow(
      'does not open',
    );
    expect(() => unwrapRoot({ ...wrapped, ephemeralKey: new Uint8Array(32) }, recipient, address)).toThrow(
      'no key agreement',
    );
  });

  test('has keys and a check of its own in every slot, none of them the slot key', () => {
    const second = deriveRecipient(slotKey, 'slot-2');
    const all = [recipient, second].flatMap((one) => [one.publicKey, one.privateKey, one.check]);
    expect(new Set([...all, slotKey].map(toHex)).size).toBe(7);
  });

  test('is wrapped for with another ephemeral key each time', () => {
    const wrap = () => toHex(wrapRoot(root, recipient.publicKey, address).ephemeralKey);
    expect(wrap()).not.toBe(wrap());
  });
});
