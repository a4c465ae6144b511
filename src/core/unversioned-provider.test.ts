import { expect, test } from 'vitest';
import { KeywardError } from './errors.js';
import { parsePath } from './path.js';
import { textPayload } from './payload.js';
import { parseRef } from './ref.js';
import { createUnversionedProvider, type UnversionedStore } from './unversioned-provider.js';

const path = parsePath('app/key');

function provider(store: Partial<UnversionedStore>) {
  return createUnversionedProvider('files', 'files', {
    open: async () => ({ read: async () => textPayload('x') }),
    inspect: async () => [],
    ...store,
  });
}

test('a state that changed while it was read is read again', async () => {
  let opened = 0;
  const changing = provider({
    open: async () => {
      opened += 1;
      const state = opened;
      return { read: async () => textPayload(`state ${state}`), isConsistent: async () => state === 3 };
    },
  });
  expect((await changing.read({ path }))?.payload).toEqual(textPayload('state 3'));
});

test('a state that never stays the same is unavailable, and not absent', async () => {
  const changing = provider({ open: async () => ({ read: async () => undefined, isConsistent: async () => false }) });
  await expect(changing.read({ path })).rejects.toMatchObject({ code: 'unavailable', store: 'files' });
});

test('a store that cannot be opened fails the whole batch; one bad ref fails alone', async () => {
  const gone = provider({ open: () => Promise.reject(new KeywardError('unavailable', 'gone')) });
  await expect(gone.readMany([{ path }])).rejects.toMatchObject({ code: 'unavailable' });
  const partly = provider({
    open: async () => ({
      read: async (ref) => {
        if (ref.path === path) throw new Error('CANARY');
        return undefined;
      },
    }),
  });
  const answers = await partly.readMany([parseRef('other'), { path }]);
  expect(answers).toMatchObject([undefined, { code: 'internal', path, store: 'files' }]);
  expect(String(answers[1])).not.toContain('CANARY');
});

test('only the current version exists', async () => {
  const { read } = provider({});
  const found = await Promise.all(['app/key', 'app/key@current'].map(async (ref) => read(parseRef(ref))));
  expect(found.every((version) => version !== undefined)).toBe(true);
  for (const ref of ['app/key@1', 'app/key@previous', `app/key@${'a'.repeat(32)}`]) {
    expect(await read(parseRef(ref))).toBeUndefined();
  }
});

test('a store that cannot be looked at is unhealthy, and says why without foreign words', async () => {
  const broken = provider({ inspect: () => Promise.reject(new Error('CANARY')) });
  const health = await broken.health();
  expect(health).toMatchObject({ status: 'unhealthy', findings: [{ severity: 'error', where: 'files' }] });
  expect(JSON.stringify(health)).not.toContain('CANARY');
});
