import { describe, expect, test } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { createMemoryProvider } from './memory-provider.js';
import { createScriptedProvider } from './scripted-provider.js';
import { createTestSecrets } from './test-secrets.js';

const minute = 60_000;

describe('secrets for the tests of a program', () => {
  test('give values, documents and credentials of a store in memory', async () => {
    const store = createMemoryProvider({
      secrets: { 'app/jwt': 'v', 'exchange/kraken': { api_key: 'k', api_secret: 's' } },
    });
    const secrets = createTestSecrets({ providers: [store] });
    expect((await secrets.get('app/jwt')).expose()).toBe('v');
    expect((await secrets.credentials('kraken')).apiSecret.expose()).toBe('s');
    await expect(secrets.get('app/absent')).rejects.toMatchObject({ code: 'not_found' });
    await secrets.close();
  });

  test('show a change to those who hold the value, once the clock has moved', async () => {
    const clock = new FakeClock();
    const store = createMemoryProvider({ secrets: { 'app/jwt': 'first' }, clock });
    const secrets = createTestSecrets({ providers: [store], clock });
    const handle = await secrets.handle('app/jwt');
    const seen: string[] = [];
    handle.onChange((secret) => seen.push(secret.expose()));
    store.set('app/jwt', 'second');
    await clock.advance(1_000);
    expect(seen).toEqual(['second']);
    expect(handle.current().expose()).toBe('second');
  });

  test('live through an outage as long as the cache says', async () => {
    const clock = new FakeClock();
    const store = createScriptedProvider({ name: 'store', clock });
    store.says('app/jwt', { value: 'v' }, { error: 'unavailable' });
    const cache = { ttlMs: minute, maxStaleMs: 10 * minute };
    const secrets = createTestSecrets({ providers: [store], clock, cache });
    const get = async () => {
      const outcome = secrets.get('app/jwt').catch((error: unknown) => error);
      await clock.advance(minute);
      return outcome;
    };
    expect(await secrets.get('app/jwt')).toMatchObject({ origin: { degraded: false } });
    await clock.advance(6 * minute);
    expect(await get()).toMatchObject({ origin: { degraded: true } });
    await clock.advance(5 * minute);
    expect(await get()).toMatchObject({ code: 'unavailable' });
  });

  test('ask several stores in their order', async () => {
    const first = createMemoryProvider({ name: 'first', secrets: { 'app/jwt': '1' } });
    const second = createMemoryProvider({ name: 'second', secrets: { 'app/jwt': '2', 'app/other': '2' } });
    const secrets = createTestSecrets({ providers: [first, second] });
    const [jwt, other] = await Promise.all([secrets.get('app/jwt'), secrets.get('app/other')]);
    expect([jwt.origin?.provider, other.origin?.provider]).toEqual(['first', 'second']);
  });
});
