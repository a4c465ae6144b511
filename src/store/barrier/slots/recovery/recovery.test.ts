import { describe, expect, test } from 'vitest';
import type { TestRunner } from '../../../../core/contract.js';
import { fromUtf8, utf8 } from '../../../../crypto/encoding.js';
import { slotContract } from '../slot.contract.js';
import { RecoverySlot } from './recovery.js';

const runner: TestRunner = { describe, test, skip: (name) => test.skip(name) };

function onPaper(): () => RecoverySlot {
  let paper: Uint8Array | undefined;
  return () =>
    new RecoverySlot({
      show: async (code) => {
        paper = code;
      },
      ask: async () => paper,
    });
}

slotContract(runner, 'recovery', async () => ({
  subject: { slot: onPaper(), stranger: onPaper(), elsewhere: onPaper() },
}));

describe('recovery', () => {
  test('accepts the code as somebody types it', async () => {
    let shown = '';
    const show = async (code: Uint8Array) => {
      shown = fromUtf8(code);
    };
    const { slotKey, parameters } = await new RecoverySlot({ show, ask: async () => undefined }).enrol();
    const typed = `  ${shown.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')}\n`;
    expect(await new RecoverySlot({ show, ask: async () => utf8(typed) }).unlock(parameters)).toEqual(slotKey);
  });

  test('names the group that was mistyped', async () => {
    const slot = new RecoverySlot({ show: async () => {}, ask: async () => utf8('AAAAAAAA') });
    await expect(slot.unlock({})).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('group 1'),
    });
  });

  test('enrols nothing when the code could not be shown', async () => {
    const show = () => Promise.reject(new Error('the terminal is gone'));
    await expect(new RecoverySlot({ show, ask: async () => undefined }).enrol()).rejects.toThrow(
      'the terminal is gone',
    );
  });
});
