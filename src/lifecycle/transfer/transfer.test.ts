import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { readNoted } from '../../core/metadata.js';
import { parsePath } from '../../core/path.js';
import { documentPayload, payloadText, textPayload } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { parseRef } from '../../core/ref.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { formerValues } from './former-values.js';
import { applyTransfer, planTransfer } from './transfer.js';
import { wholeSecret } from './wanted-secrets.js';

let staging: Provider;
let production: Provider;
const key = parsePath('app/key');
const other = parsePath('app/other');

beforeEach(() => {
  staging = createMemoryProvider({ name: 'staging' });
  production = createMemoryProvider({ name: 'production' });
});

async function plan() {
  const found = await Promise.all([key, other].map((path) => readNoted(staging, path)));
  return planTransfer(
    found.flatMap((version) => (version === undefined ? [] : wholeSecret(version, version.path))),
    production,
  );
}
const copy = async () => applyTransfer(await plan(), production);
const textAt = async (path: typeof key) => {
  const found = await production.read({ path });
  return found && payloadText(found.payload);
};

describe('copying', () => {
  test('writes what is new with its notes, and nothing the second time', async () => {
    await staging.write(key, {
      payload: textPayload('x'),
      metadata: { env: 'KEY', expires: '2031-01-01T00:00:00.000Z' },
    });
    await staging.write(other, { payload: documentPayload([['a', '1']]) });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['new', 'new']);
    expect(await copy()).toBe(2);
    expect(await textAt(key)).toBe('x');
    expect((await production.read({ path: key }))?.metadata).toEqual({
      env: 'KEY',
      expires: '2031-01-01T00:00:00.000Z',
    });
    expect(await copy()).toBe(0);
    expect((await production.describe(key))?.versions).toHaveLength(1);
  });

  test('replaces a value by a new version, keeps its notes, and lets its old expiry go', async () => {
    await staging.write(key, { payload: textPayload('x') });
    await production.write(key, {
      payload: textPayload('y'),
      metadata: { owner: 'me', expires: '2030-01-01T00:00:00.000Z' },
    });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['differs']);
    await copy();
    const found = await production.read({ path: key });
    expect(found?.version?.number).toBe(2);
    expect(found?.metadata).toEqual({ owner: 'me' });
  });

  test('knows a deleted secret from one that never was', async () => {
    await staging.write(key, { payload: textPayload('x') });
    await production.write(key, { payload: textPayload('y') });
    await production.remove({ path: key }, { mode: 'soft' });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['deleted']);
    await copy();
    expect(await textAt(key)).toBe('x');
  });

  test('stops where somebody else wrote after the plan was made, and says how far it came', async () => {
    await staging.write(key, { payload: textPayload('x') });
    await staging.write(other, { payload: textPayload('z') });
    const steps = await plan();
    await production.write(other, { payload: textPayload('theirs') });
    await expect(applyTransfer(steps, production)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('1 of 2 secrets were written before'),
    });
    expect(await textAt(other)).toBe('theirs');
  });

  test('text and bytes that read alike are not the same', async () => {
    await staging.write(key, { payload: textPayload('x') });
    await production.write(key, { payload: { kind: 'binary', bytes: new TextEncoder().encode('x') } });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['differs']);
  });

  test('finds out when the target keeps another value than it was given', async () => {
    await staging.write(key, { payload: textPayload('x') });
    const lying: Provider = Object.assign(Object.create(production) as Provider, {
      write: (path: typeof key) => production.write(path, { payload: textPayload('other') }),
    });
    await expect(applyTransfer(await plan(), lying)).rejects.toMatchObject({ code: 'integrity' });
  });

  test('takes a document for the same that the target keeps in another spelling', async () => {
    await staging.write(key, { payload: textPayload('{"b":"1","a":{"y":1.50,"x":[true]}}') });
    await production.write(key, { payload: textPayload('{"a":{"x":[true],"y":1.50},"b":"\\u0031"}') });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['same']);
    await production.write(key, { payload: textPayload('{"a":{"x":[true],"y":1.5},"b":"1"}') });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['differs']);
  });

  test('notes what an equal value lacks without a new version', async () => {
    await staging.write(key, { payload: textPayload('x'), metadata: { owner: 'a', why: 'orders' } });
    await production.write(key, { payload: textPayload('x'), metadata: { owner: 'b' } });
    expect((await plan()).map(({ outcome }) => outcome)).toEqual(['added']);
    expect(await copy()).toBe(1);
    expect(await production.read({ path: key })).toMatchObject({
      metadata: { owner: 'b', why: 'orders' },
      version: { number: 1 },
    });
    expect(await copy()).toBe(0);
  });

  test('keeps at most eight secrets under way', async () => {
    let underWay = 0;
    let most = 0;
    const watched: Provider = {
      ...production,
      write: async (...call) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        return production.write(...call).finally(() => {
          underWay -= 1;
        });
      },
    };
    const wanted = Array.from({ length: 100 }, (_, i) =>
      wholeSecret({ payload: textPayload(`${i}`), metadata: {} }, parsePath(`many/s${i}`)),
    );
    expect(await applyTransfer(await planTransfer(wanted, watched), watched)).toBe(100);
    expect(most).toBe(8);
  });

  test('waits when the store asks to slow down, and fails when it keeps asking', async () => {
    const clock = new FakeClock();
    let refusals = 3;
    const slow = new KeywardError('throttled', 'slow down');
    const throttling: Provider = {
      ...production,
      write: (...call) => (refusals-- > 0 ? Promise.reject(slow) : production.write(...call)),
    };
    await staging.write(key, { payload: textPayload('x') });
    const steps = await plan();
    const applied = applyTransfer(steps, throttling, { clock });
    await nextTurn();
    await clock.advance(7000);
    expect(await applied).toBe(1);
    refusals = 100;
    await staging.write(other, { payload: textPayload('x') });
    const later = await plan();
    const failed = expect(applyTransfer(later, throttling, { clock })).rejects.toMatchObject({
      code: 'throttled',
    });
    await nextTurn();
    await clock.advance(63_000);
    await failed;
  });
});

describe('moving former values, too', () => {
  const writeAll = async (provider: Provider, texts: readonly string[]) => {
    for (const text of texts) await provider.write(key, { payload: textPayload(text) });
  };
  const planAll = async () => {
    const found = await readNoted(staging, key);
    if (found === undefined) throw new Error('there is nothing to move');
    return planTransfer([wholeSecret(found, key, (await formerValues(staging, key)).values)], production);
  };
  const held = async () => (await formerValues(production, key)).values.map(payloadText);

  test.each([[[]], [['a']], [['a', 'b', 'a']]])('writes what is missing behind %j, in order, once', async (present) => {
    await writeAll(staging, ['a', 'b', 'a', 'b']);
    await writeAll(production, present);
    await applyTransfer(await planAll(), production);
    expect([...(await held()), await textAt(key)]).toEqual(['a', 'b', 'a', 'b']);
    expect(await applyTransfer(await planAll(), production)).toBe(0);
    expect((await production.describe(key))?.versions).toHaveLength(4);
  });

  test('leaves out what was destroyed, and writes only the current value onto another history', async () => {
    await writeAll(staging, ['a', 'b', 'c']);
    await staging.remove(parseRef(`${key}@2`), { mode: 'destroy' });
    expect(await formerValues(staging, key)).toMatchObject({ lost: 1, stages: [] });
    await writeAll(production, ['z', 'a']);
    const steps = await planAll();
    expect(steps).toMatchObject([{ outcome: 'differs', differing: [key] }]);
    await applyTransfer(steps, production);
    expect([...(await held()), await textAt(key)]).toEqual(['z', 'a', 'c']);
  });

  test('stops in the middle where somebody else writes, too', async () => {
    await writeAll(staging, ['a', 'b', 'c']);
    const racing: Provider = {
      ...production,
      write: async (path, input, options) => {
        const version = await production.write(path, input, options);
        if (input.payload !== undefined && payloadText(input.payload) === 'a') await writeAll(production, ['theirs']);
        return version;
      },
    };
    await expect(applyTransfer(await planAll(), racing)).rejects.toMatchObject({ code: 'conflict' });
    expect(await textAt(key)).toBe('theirs');
  });
});
