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
});
