import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseOf, isBelow, joinPath, parentOf, parsePath, pathProblem, segmentsOf } from './path.js';

const segment = fc
  .stringMatching(/^[A-Za-z0-9_.+=@-]{1,12}$/)
  .filter((text) => text !== '.' && text !== '..' && text !== '+');

describe('path', () => {
  test('a canonical path is taken as it is', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const text = segments.join('/');
        expect(parsePath(text)).toBe(text);
        expect(segmentsOf(parsePath(text))).toEqual(segments);
      }),
    );
  });

  test.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/./b',
    'a/+',
    '+/a',
    'a b',
    'ä/b',
    'a\u0000b',
    'a\\b',
    'a%2fb',
    'a#b',
    'a/\u202eb',
    'a/b\n',
    '*',
    `${'a/'.repeat(256)}a`,
  ])('%j is refused rather than repaired', (text) => {
    expect(() => parsePath(text)).toThrowError(expect.objectContaining({ code: 'invalid' }));
  });

  test('512 characters are allowed and 513 are not', () => {
    expect(parsePath('a'.repeat(512))).toHaveLength(512);
    expect(pathProblem('a'.repeat(513))).toContain('512');
  });

  test('any text is either refused or unchanged by parsing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (pathProblem(text) === undefined) expect(parsePath(text)).toBe(text);
        else expect(() => parsePath(text)).toThrow();
      }),
    );
  });

  test('a message about a hostile name is printable ASCII on one line', () => {
    for (const text of ['a\u001b[31m', 'x\u202ey', 'ü'.repeat(900), 'a\nb']) {
      try {
        parsePath(text);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toMatch(/^[\x20-\x7e]{1,700}$/);
      }
    }
  });

  test('parent, base and join take a path apart and put it together', () => {
    const path = parsePath('exchange/binance/api_key');
    expect(parentOf(path)).toBe('exchange/binance');
    expect(parentOf(parsePath('top'))).toBe('');
    expect(joinPath(parentOf(path), baseOf(path))).toBe(path);
    expect(isBelow(path, parsePath('exchange/binance'))).toBe(true);
    expect(isBelow(path, parsePath('exchange/bin'))).toBe(false);
    expect(isBelow(path, '')).toBe(true);
  });
});
