import { describe, expect, test } from 'vitest';
import type { KeywardError } from '../core/errors.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import type { ScriptedAnswer } from '../testing/scripted-provider.js';
import type { Fields } from './secrets.js';

const path = 'exchange/binance';
const minute = 60_000;

async function held() {
  const chain = chainUnderTest();
  const store = chain.store({ name: 'vault', traits: { layout: 'document' } });
  const secrets = chain.secrets({ links: [{ provider: store }], random: () => 0 });
  const says = (...answers: [ScriptedAnswer, ...ScriptedAnswer[]]) => store.says(path, ...answers);
  says({ value: '{"api_key":"k1","api_secret":"s1"}' });
  const handle = await chain.settle(secrets.handleAll(path));
  return { ...chain, store, secrets, says, handle };
}

function shown(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).map(([name, secret]) => [name, secret.expose()]));
}

describe('a handle on a document', () => {
  test('gives every field at once, each with its origin', async () => {
    const { handle, store, clock, secrets } = await held();
    expect(handle.name).toBe(path);
    expect(shown(handle.current())).toEqual({ api_key: 'k1', api_secret: 's1' });
    await clock.advance(minute);
    expect(handle.current()).toBe(handle.current());
    expect(handle.current()['api_key']?.origin).toMatchObject({ provider: 'vault', ageMs: minute, degraded: false });
    expect(store.calls).toBe(1);
    expect(JSON.stringify(handle.current())).not.toContain('k1');
    expect(secrets.known().map((secret) => secret.expose())).toEqual(expect.arrayContaining(['k1', 's1']));
  });

  test('tells of another version with all of its fields, and of none that is the same', async () => {
    const { handle, says, clock } = await held();
    const log: unknown[] = [];
    const stop = handle.onChange((fields, previous) => void log.push([shown(previous), shown(fields)]));
    await clock.advance(5 * minute);
    expect(log).toEqual([]);
    says({ value: '{"api_key":"k2","passphrase":"p2"}' });
    await clock.advance(5 * minute);
    const [first, second] = [
      { api_key: 'k1', api_secret: 's1' },
      { api_key: 'k2', passphrase: 'p2' },
    ];
    expect(log).toEqual([[first, second]]);
    expect(shown(handle.current())).toEqual(second);
    stop();
    says({ value: '{"api_key":"k3"}' });
    await clock.advance(5 * minute);
    expect(log).toHaveLength(1);
  });

  test('throws once the store refuses, tells so, and is not made of one field', async () => {
    const { handle, says, clock, secrets } = await held();
    const log: string[] = [];
    handle.onError((error: KeywardError) => void log.push(error.code));
    says({ error: 'denied' });
    await clock.advance(5 * minute);
    expect(log).toEqual(['denied']);
    expect(() => handle.current()).toThrow(/denied/);
    await expect(secrets.handleAll(`${path}#api_key`)).rejects.toMatchObject({ code: 'invalid' });
    handle.close();
    expect(() => handle.current()).toThrow(/closed/);
    await secrets.close();
    await expect(secrets.handleAll(path)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
