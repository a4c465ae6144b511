import { beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { documentPayload, payloadText, textPayload } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { applyCopy, planCopy } from './copy-secrets.js';

let staging: Provider;
let production: Provider;
const key = parsePath('app/key');
const other = parsePath('app/other');

beforeEach(() => {
  staging = createMemoryProvider({ name: 'staging' });
  production = createMemoryProvider({ name: 'production' });
});

async function plan() {
  const found = await Promise.all([key, other].map((path) => staging.read({ path })));
  return planCopy(
    found.flatMap((version) => version ?? []),
    production,
  );
}
const copy = async () => applyCopy(await plan(), production, () => {});
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
    await expect(applyCopy(steps, production, () => {})).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('1 of 2 secrets were copied before'),
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
    await expect(applyCopy(await plan(), lying, () => {})).rejects.toMatchObject({ code: 'integrity' });
  });
});
