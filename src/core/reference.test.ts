import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from './path.js';
import { formatReference, isReference, parseReference } from './reference.js';

describe('a reference', () => {
  test.each([
    ['keyward://app/token', { path: 'app/token' }],
    ['keyward://exchange/binance#api_key', { path: 'exchange/binance', field: 'api_key' }],
    ['keyward://app/token@7', { path: 'app/token', version: { kind: 'number', number: 7 } }],
    [
      'keyward://a%40b/c#d%23e@previous',
      { path: 'a@b/c', field: 'd#e', version: { kind: 'stage', stage: 'previous' } },
    ],
  ])('%s names a secret, a field or a version', (text, ref) => {
    expect(parseReference(text)).toEqual(ref);
    expect(formatReference(parseReference(text))).toBe(text);
  });

  test.each([
    'keyward://',
    'keyward:///app/token',
    'keyward://app/token/',
    'keyward://app//token',
    'keyward://app/../token',
    'keyward://app/token ',
    'keyward://app/token\n',
    'keyward://app/token#',
    'keyward://app/token@',
    'keyward://app/token@01',
    'keyward://app/token@7#field',
    'keyward://app/token?field=x',
    'keyward://app/to%6ben',
    'KEYWARD://app/token',
    'Keyward://app/token',
  ])('that is not written in its one form is meant as one and refused: %j', (text) => {
    expect(isReference(text)).toBe(true);
    expect(() => parseReference(text)).toThrow('not a reference');
  });

  test.each(['', 'keyward', 'keyward:app/token', ' keyward://app/token', 'vault://app/token', 'x=keyward://app/token'])(
    'is not seen in any other value: %j',
    (text) => {
      expect(isReference(text)).toBe(false);
    },
  );

  test('that is refused does not appear in the error', () => {
    expect(() => parseReference('keyward://bot:CANARY@host/db')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('CANARY') }),
    );
  });

  test('comes back from its text, whatever its field holds', () => {
    const field = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(field, (name) => {
        const ref = { path: parsePath('app/x'), field: name };
        expect(parseReference(formatReference(ref))).toEqual(ref);
      }),
    );
  });
});
