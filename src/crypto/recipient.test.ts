import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from './encoding.js';
import { randomBytes } from './random.js';
import { deriveRecipient, unwrapRoot, wrapRoot } from './recipient.js';

const slotKey = new Uint8Array(32).fill(0x11);
const root = new Uint8Array(32).fill(0x22);
const address = { storeId: 'store-1', slotId: 'slot-1' };
const recipient = deriveRecipient(slotKey, address);

describe('recipient', () => {
  test('gets back the root key that was wrapped for it', () => {
    expect(unwrapRoot(wrapRoot(root, recipient.publicKey, address), recipient, address)).toEqual(root);
  });

  test('gets back the root key that the first release wrapped', () => {
    const ephemeralKey = fromHex('50c68025826e022947c5fff85072d0f843b1a7e4a39102d54a41b3d818379941');
    const box = fromHex(
      '0100000000f055090cb33ec7d20755229441b06cc8c7dae469e707ccae4e428d49305f629c11a8f9e1b17a42e7c574359cebac47f395e68adc959a99ac483eb968f3bcf6a632777529f6a18783',
    );
    expect(toHex(recipient.publicKey)).toBe('8e58dbb3eef0f2105ca851a44bbd655a3e61bbc5cf1f730e01399c711ee38772');
    expect(toHex(recipient.check)).toBe('c3acc43f5e056c0a40aa5078491c88b563ee3a6a32e18f21e759d9fe5c8f1a0a');
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
    expect(() => unwrapRoot(wrapped, deriveRecipient(slotKey, { ...address, slotId: 'slot-2' }), address)).toThrow(
      'does not open',
    );
    expect(() => unwrapRoot(wrapped, deriveRecipient(randomBytes(32), address), address)).toThrow('does not open');
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
    const second = deriveRecipient(slotKey, { ...address, slotId: 'slot-2' });
    const all = [recipient, second].flatMap((one) => [one.publicKey, one.privateKey, one.check]);
    expect(new Set([...all, slotKey].map(toHex)).size).toBe(7);
  });

  test('is wrapped for with another ephemeral key each time', () => {
    const wrap = () => toHex(wrapRoot(root, recipient.publicKey, address).ephemeralKey);
    expect(wrap()).not.toBe(wrap());
  });
});
