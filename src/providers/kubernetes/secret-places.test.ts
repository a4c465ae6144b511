import { expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { SecretPlaces } from './secret-places.js';

const places = (more: Partial<ConstructorParameters<typeof SecretPlaces>[0]>) =>
  new SecretPlaces({ name: 'k', prefix: '', secret: undefined, naming: undefined, overrides: new Map(), ...more });
const codes = { invalid: { code: 'invalid' }, config: { code: 'config' }, integrity: { code: 'integrity' } };

test('every path that has a name gets it back', () => {
  const prefix = parsePath('bot/production');
  for (const text of ['a', '_a', '-a', 'A/b.c', 'exchange/binance/api_key', 'a@b+c=d', '__proto__']) {
    const path = parsePath(text);
    for (const secret of [undefined, 'app']) {
      const subject = places({ prefix, secret });
      const { name, key } = subject.of(path);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
      expect(subject.pathOf(key ?? name, undefined)).toBe(path);
      expect(subject.problemOf(path)).toBeUndefined();
    }
  }
});

test('names of others, and those outside the prefix, are no paths', () => {
  const subject = places({ prefix: parsePath('bot') });
  for (const name of ['default-token-x', 'kw-', 'kw-other', 'kw-bot', 'kw-bot--', 'kw-bot-d']) {
    expect(subject.pathOf(name, undefined)).toBeUndefined();
  }
  expect(subject.pathOf('kw-bot--a', undefined)).toBe('a');
  expect(subject.pathOf('kw-bot--a', 'bot/b')).toBe('a');
});

test('a path that a Secret names itself counts only where it would have this very name', () => {
  const subject = places({ naming: 'dashes' });
  expect(subject.pathOf('a-b', 'a/b')).toBe('a/b');
  expect(subject.pathOf('a-b', 'c/d')).toBe('a-b');
  expect(subject.pathOf('a-b', '../etc')).toBe('a-b');
});

test('a Secret that is another path is no answer', () => {
  const subject = places({ naming: 'dashes' });
  const place = subject.of(parsePath('a/b'));
  expect(() => subject.check(place, undefined)).not.toThrow();
  expect(() => subject.check(place, 'a/b')).not.toThrow();
  expect(() => subject.check(place, 'a-b')).toThrow(expect.objectContaining(codes.integrity));
  const hashed = places({}).of(parsePath(`A${'B'.repeat(200)}`));
  expect(() => places({}).check(hashed, undefined)).toThrow(expect.objectContaining(codes.integrity));
});

test('what cannot be named is refused, and what cannot be meant is a mistake', () => {
  expect(() => places({ naming: 'verbatim' }).of(parsePath('a/b'))).toThrow(expect.objectContaining(codes.invalid));
  expect(places({ naming: 'verbatim' }).problemOf(parsePath('a_b'))).toContain('a_b');
  const long = parsePath(`A${'B'.repeat(200)}`);
  expect(() => places({ secret: 'app' }).of(long)).toThrow(expect.objectContaining(codes.invalid));
  for (const more of [{ secret: 'App' }, { secret: 'a/b' }, { secret: 'app', naming: 'dashes' }, { naming: 'x' }]) {
    expect(() => places(more)).toThrow(expect.objectContaining(codes.config));
  }
});
