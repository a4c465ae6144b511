import { describe, expect, test } from 'vitest';
import type { TestRunner } from '../../../../core/contract.js';
import { slotContract } from '../slot.contract.js';
import { KeyringSlot, type OpenKeyringEntry } from './keyring.js';

const address = { storeId: 'store', slotId: 'c0'.repeat(16) };
const account = `store/${address.slotId}`;
const runner: TestRunner = { describe, test, skip: (name) => test.skip(name) };

/** The keyring of one login, in memory, by account. */
function memoryKeyring() {
  const entries = new Map<string, Uint8Array>();
  const open: OpenKeyringEntry = async (service, name) => {
    expect(service).toBe('keyward');
    return {
      setSecret: async (secret) => void entries.set(name, Uint8Array.from(secret)),
      getSecret: async () => entries.get(name) ?? null,
      deleteCredential: async () => entries.delete(name),
    };
  };
  return { entries, open };
}

slotContract(runner, 'keyring', async () => {
  const [ours, theirs, another] = [memoryKeyring(), memoryKeyring(), memoryKeyring()];
  return {
    subject: {
      slot: () => new KeyringSlot(ours.open),
      stranger: () => new KeyringSlot(theirs.open),
      elsewhere: () => new KeyringSlot(another.open),
    },
  };
});

describe('keyring', () => {
  test('keeps each slot of each store under an account of its own', async () => {
    const { entries, open } = memoryKeyring();
    const { slotKey } = await new KeyringSlot(open).enrol(address);
    await new KeyringSlot(open).enrol({ ...address, storeId: 'other' });
    expect([...entries.keys()]).toEqual([account, `other/${address.slotId}`]);
    expect(entries.get(account)).toEqual(slotKey);
  });

  test('takes away what it enrolled for a slot that did not come to be', async () => {
    const { entries, open } = memoryKeyring();
    const slot = new KeyringSlot(open);
    await slot.enrol(address);
    await slot.discard(address);
    await slot.discard(address);
    expect([...entries.keys()]).toEqual([]);
  });

  test('that does not give back what it was given enrols nothing', async () => {
    const { entries, open } = memoryKeyring();
    const forgetful: OpenKeyringEntry = async (...names) => ({ ...(await open(...names)), setSecret: async () => {} });
    await expect(new KeyringSlot(forgetful).enrol(address)).rejects.toMatchObject({ code: 'unavailable' });
    entries.set(account, new Uint8Array(32));
    await expect(new KeyringSlot(forgetful).enrol(address)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that is not there is out of reach, with what to use instead and without what its error says', async () => {
    const absent: OpenKeyringEntry = () => Promise.reject(new Error('org.freedesktop.secrets: hunter2'));
    const refusal = {
      code: 'unavailable',
      message: 'the keyring of the operating system cannot be used here',
      advice: expect.stringContaining('keyward slot add keyfile'),
    };
    await expect(new KeyringSlot(absent).enrol(address)).rejects.toMatchObject(refusal);
    await expect(new KeyringSlot(absent).unlock({}, address)).rejects.toMatchObject(refusal);
  });

  test('with something else in its place is refused by its account', async () => {
    const { entries, open } = memoryKeyring();
    entries.set(account, new Uint8Array(31));
    await expect(new KeyringSlot(open).unlock({}, address)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(account),
    });
  });
});
