import { expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { fieldsOf, payloadText } from '../core/payload.js';
import { parseRef } from '../core/ref.js';
import { FakeClock } from './fake-clock.js';
import { createScriptedProvider } from './scripted-provider.js';

const text = async (answer: Promise<{ payload: Parameters<typeof payloadText>[0] } | undefined>) => {
  const version = await answer;
  return version && payloadText(version.payload);
};

test('it answers in turn and repeats the last answer', async () => {
  const vault = createScriptedProvider({ name: 'vault' });
  vault.says('app/key', { value: 'one' }, { error: 'unavailable' }, { absent: true });
  const read = () => text(vault.read(parseRef('app/key')));
  expect(await read()).toBe('one');
  await expect(read()).rejects.toMatchObject({ code: 'unavailable', store: 'vault', path: 'app/key' });
  expect(await read()).toBeUndefined();
  expect(await read()).toBeUndefined();
});

test('it answers absent, or what it is told to, for everything else', async () => {
  expect(await createScriptedProvider({ name: 'a' }).read(parseRef('app/key'))).toBeUndefined();
  const denied = createScriptedProvider({ name: 'b', otherwise: { error: 'denied' } });
  await expect(denied.read(parseRef('app/key'))).rejects.toMatchObject({ code: 'denied' });
});

test('it gives documents, their fields and versions', async () => {
  const vault = createScriptedProvider({ name: 'vault' });
  vault.says('exchange/binance', { fields: { api_key: 'k', api_secret: 's' }, version: 3 });
  const found = await vault.read(parseRef('exchange/binance#api_key'));
  expect(found && [...fieldsOf(found.payload).keys()]).toEqual(['api_key']);
  expect(found?.version?.number).toBe(3);
  expect(await vault.read(parseRef('exchange/binance#absent'))).toBeUndefined();
});

test('it counts calls, and remembers every ref it was asked for', async () => {
  const vault = createScriptedProvider({ name: 'vault' });
  await vault.read(parseRef('a'));
  await vault.readMany([parseRef('b#f'), parseRef('c@2')]);
  expect(vault.calls).toBe(2);
  expect(vault.asked).toEqual(['a', 'b#f', 'c@2']);
});

test('in a batch each ref has its own answer', async () => {
  const vault = createScriptedProvider({ name: 'vault' });
  vault.says('a', { value: 'x' });
  vault.says('b', { error: 'denied' });
  const answers = await vault.readMany([parseRef('a'), parseRef('b'), parseRef('c')]);
  expect(answers).toMatchObject([{ path: 'a' }, { code: 'denied' }, undefined]);
  expect(answers[1]).toBeInstanceOf(KeywardError);
});

test('an answer comes after its delay on the clock, or not at all when the caller gives up', async () => {
  const clock = new FakeClock();
  const vault = createScriptedProvider({ name: 'vault', clock });
  vault.says('a', { value: 'x', delayMs: 100 });
  let answered = false;
  const read = text(vault.read(parseRef('a'))).finally(() => {
    answered = true;
  });
  await clock.advance(99);
  expect(answered).toBe(false);
  await clock.advance(1);
  expect(await read).toBe('x');

  const controller = new AbortController();
  const given = vault.read(parseRef('a'), { signal: controller.signal });
  controller.abort();
  await expect(given).rejects.toMatchObject({ code: 'timeout' });
});

test('after close it answers unavailable', async () => {
  const vault = createScriptedProvider({ name: 'vault' });
  await vault.close();
  await expect(vault.read(parseRef('a'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(vault.isClosed).toBe(true);
  expect((await vault.health()).status).toBe('unhealthy');
});
