import { describe, expect, test } from 'vitest';
import { parsePath } from './path.js';
import { compilePathPattern } from './path-pattern.js';

const matches = (pattern: string, path: string) => compilePathPattern(pattern).matches(parsePath(path));

describe('path pattern', () => {
  test('a star stays within its segment and a double star does not', () => {
    expect(matches('exchange/**', 'exchange/binance/api_key')).toBe(true);
    expect(matches('exchange/**', 'exchanges/x')).toBe(false);
    expect(matches('exchange/*', 'exchange/binance')).toBe(true);
    expect(matches('exchange/*', 'exchange/binance/api_key')).toBe(false);
    expect(matches('**/password', 'database/postgres/password')).toBe(true);
    expect(matches('app/*_key', 'app/secret_key')).toBe(true);
    expect(matches('app/*_key', 'app/secret')).toBe(false);
    expect(matches('**', 'anything/at/all')).toBe(true);
    expect(matches('a/b', 'a/b')).toBe(true);
  });

  test.each(['', '/', 'a//b', 'a/**b', 'a b', '../x y'])('%j is refused', (pattern) => {
    expect(() => compilePathPattern(pattern)).toThrowError(expect.objectContaining({ code: 'invalid' }));
  });

  test('a pattern of many stars is decided quickly', () => {
    expect(matches(`${'a*'.repeat(60)}b`, 'a'.repeat(500))).toBe(false);
  });

  test('a pattern of many double stars is decided quickly', () => {
    const path = Array.from({ length: 200 }, () => 'a').join('/');
    expect(matches(`${'**/'.repeat(20)}b`, path)).toBe(false);
    expect(matches(`${'**/a/'.repeat(20)}**/b`, path)).toBe(false);
    expect(matches(`${'**/a/'.repeat(20)}**`, path)).toBe(true);
  });

  test('a double star stands for no segment, one or many, wherever it is', () => {
    for (const path of ['a/b', 'a/x/b', 'a/x/y/b', 'a/b/b']) expect(matches('a/**/b', path), path).toBe(true);
    for (const path of ['a', 'b', 'a/b/c', 'x/a/b']) expect(matches('a/**/b', path), path).toBe(false);
    expect(matches('a/**', 'a')).toBe(true);
    expect(matches('**/**/a/**', 'a')).toBe(true);
    expect(matches('**/a/**/a', 'a')).toBe(false);
  });
});
