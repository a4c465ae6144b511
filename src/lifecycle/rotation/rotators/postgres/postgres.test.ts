import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../core/secret.js';
import type { Credential } from '../rotator.js';
import { createPostgresRotator } from './postgres.js';

const credential = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

const rotatorOf = (users: readonly string[], administrator?: string) =>
  createPostgresRotator({
    postgres: { host: '127.0.0.1', port: 1, users, administrator },
    path: 'database/bot',
    fieldsOf: async () => Object.fromEntries(credential({ username: 'rotator', password: 'x' })),
  });

describe('the users of a rotator', () => {
  test.each([
    [[], 'database/rotator'],
    [['a', 'b'], undefined],
    [['a', 'b', 'c'], 'database/rotator'],
  ])('are one, or two with an administrator, not %j with %j', (users, administrator) => {
    expect(() => rotatorOf(users, administrator)).toThrowError(expect.objectContaining({ code: 'config' }));
  });

  test('take turns', async () => {
    const rotator = rotatorOf(['a', 'b'], 'database/rotator');
    const names = async (current?: Credential) => (await rotator.generate(current)).get('username')?.expose();
    expect(await names()).toBe('a');
    expect(await names(credential({ username: 'a', password: 'x' }))).toBe('b');
    expect(await names(credential({ username: 'b', password: 'x' }))).toBe('a');
  });

  test('are those of the settings: nothing is done to one that only the secret names', async () => {
    const rotator = rotatorOf(['a', 'b'], 'database/rotator');
    const [own, other] = [
      credential({ username: 'a', password: 'x' }),
      credential({ username: 'root', password: 'x' }),
    ];
    await expect(rotator.set({ from: own, to: other })).rejects.toMatchObject({ code: 'config' });
    await expect(rotator.revoke(other, own)).rejects.toMatchObject({ code: 'config' });
    await expect(rotator.generate(other)).rejects.toMatchObject({ code: 'config' });
  });

  test('have the password to set: one that could not be set again is not replaced', async () => {
    await expect(rotatorOf(['a']).generate(credential({ value: 'pêncil' }))).rejects.toMatchObject({ code: 'invalid' });
    await expect(rotatorOf(['a']).generate(credential({ other: 'x' }))).rejects.toMatchObject({ code: 'config' });
  });
});
