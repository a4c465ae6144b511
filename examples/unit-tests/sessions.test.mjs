import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryProvider, createScriptedProvider, createTestSecrets, FakeClock } from 'keyward/testing';
import { createSessions } from './sessions.mjs';

test('a token is good as long as its key is', async () => {
  const clock = new FakeClock();
  const store = createMemoryProvider({ secrets: { 'app/session_key': 'first' } });
  const sessions = await createSessions(createTestSecrets({ providers: [store], clock }));
  const token = sessions.tokenFor('ada');
  assert.equal(sessions.userOf(token), 'ada');
  for (const forged of [`eve${token.slice(3)}`, `${token}.`, 'ada.', ''])
    assert.equal(sessions.userOf(forged), undefined);

  store.set('app/session_key', 'second');
  await clock.advance(1_000); // handles see a change within a second
  assert.equal(sessions.userOf(token), undefined);
  assert.equal(sessions.userOf(sessions.tokenFor('ada')), 'ada');
});

test('no token is made with a key that was revoked', async () => {
  const clock = new FakeClock();
  const store = createScriptedProvider({ name: 'store', clock });
  store.says('app/session_key', { value: 'first' }, { error: 'denied' });
  const sessions = await createSessions(createTestSecrets({ providers: [store], clock, cache: { ttlMs: 60_000 } }));
  assert.equal(sessions.userOf(sessions.tokenFor('ada')), 'ada');

  await clock.advance(60_000);
  assert.throws(() => sessions.tokenFor('ada'), { code: 'denied' });
});
