import { describe, expect, test } from 'vitest';
import type { TestRunner } from '../../../../core/contract.js';
import { utf8 } from '../../../../crypto/encoding.js';
import { slotContract } from '../slot.contract.js';
import { PassphraseSlot } from './passphrase.js';

const cost = { memoryKiB: 19 * 1024, passes: 1, lanes: 1 };
const saying = (passphrase: string) => new PassphraseSlot({ ask: async () => utf8(passphrase), cost });
const runner: TestRunner = { describe, test, skip: (name) => test.skip(name) };

slotContract(runner, 'passphrase', async () => ({
  subject: {
    slot: () => saying('correct horse'),
    stranger: () => saying('incorrect horse'),
    elsewhere: () => new PassphraseSlot({ ask: async () => undefined, cost }),
  },
}));

describe('passphrase', () => {
  test('gives another key each time it is enrolled', async () => {
    const [first, second] = [await saying('correct horse').enrol(), await saying('correct horse').enrol()];
    expect(first.slotKey).not.toEqual(second.slotKey);
    expect(first.parameters['salt']).not.toBe(second.parameters['salt']);
  });

  test('costs 256 MiB, three passes and four lanes unless said otherwise', async () => {
    const slot = new PassphraseSlot({ ask: async () => utf8('correct horse') });
    const { slotKey, parameters } = await slot.enrol();
    expect(parameters).toEqual({ salt: expect.any(String), memoryKiB: 262_144, passes: 3, lanes: 4 });
    expect(await saying('correct horse').unlock(parameters)).toEqual(slotKey);
  });

  test('is asked for once, however many entries the header has', async () => {
    let asked = 0;
    const slot = new PassphraseSlot({
      ask: async () => {
        asked++;
        return utf8('correct horse');
      },
      cost,
    });
    const { parameters } = await slot.enrol();
    await slot.unlock(parameters);
    await slot.unlock(parameters);
    expect(asked).toBe(1);
  });

  test.each([
    ['memory below 19 MiB', { memoryKiB: 19 * 1024 - 1 }],
    ['memory above 1 GiB', { memoryKiB: 1024 * 1024 + 1 }],
    ['no pass', { passes: 0 }],
    ['more than ten passes', { passes: 11 }],
    ['no lane', { lanes: 0 }],
    ['more than eight lanes', { lanes: 9 }],
    ['a text for a number', { passes: '3' }],
    ['a number for the salt', { salt: 5 }],
    ['a short salt', { salt: '00' }],
    ['an upper-case salt', { salt: 'AA'.repeat(16) }],
  ])('is not even asked for when the header names %s', async (_, change) => {
    const { parameters } = await saying('correct horse').enrol();
    const slot = new PassphraseSlot({ ask: () => expect.unreachable() });
    await expect(slot.unlock({ ...parameters, ...change })).rejects.toMatchObject({ code: 'integrity' });
  });

  test('gives another key when the header names another cost', async () => {
    const { slotKey, parameters } = await saying('correct horse').enrol();
    expect(await saying('correct horse').unlock({ ...parameters, passes: 2 })).not.toEqual(slotKey);
  });

  test('must not be empty, and cannot be enrolled with nobody to ask', async () => {
    const unattended = new PassphraseSlot({ ask: async () => undefined, cost });
    for (const slot of [saying(''), unattended]) await expect(slot.enrol()).rejects.toMatchObject({ code: 'invalid' });
  });
});
