import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Path, parsePath, pathProblem } from '../core/path.js';
import { decodeName, encodeName, type NameRules, NativeNames } from './native-names.js';

const rules: NameRules = { store: 'cloud', maxLength: 127, pattern: /^[0-9A-Za-z-]+$/ };
const segment = fc.stringMatching(/^[A-Za-z0-9_.+=@-]{1,12}$/);
const anyPath = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((text) => pathProblem(text) === undefined)
  .map(parsePath);

const withOverrides = (...entries: readonly (readonly [string, string])[]): NameRules => ({
  ...rules,
  overrides: new Map<Path, string>(entries.map(([path, name]) => [parsePath(path), name])),
});

describe('names in a store of another alphabet', () => {
  test('every path reads back from its name, which is a name for every store', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const names = new NativeNames('codec', { ...rules, maxLength: 2048 });
        const name = names.nameOf(path);
        expect(name).toMatch(/^[a-z0-9-]+$/);
        expect(names.pathOf(name)).toBe(path);
      }),
      { numRuns: 2000 },
    );
  });

  test('100,000 paths have 100,000 names, also when case is ignored', () => {
    const alphabet = ['a', 'A', 'u', 'U', '_', '-', '.', '/', 'c', 'x', '2', 'd', 'p', 'h', '+', '@'];
    const names = new Map<string, string>();
    for (let index = 0; names.size < 100_000; index += 1) {
      const path = [...index.toString(16)].map((digit) => alphabet[Number.parseInt(digit, 16)]).join('');
      if (pathProblem(path) !== undefined) continue;
      const name = encodeName(path).toLowerCase();
      expect(names.get(name)).toBeUndefined();
      names.set(name, path);
      expect(decodeName(name)).toBe(path);
    }
  });

  test('has the names that are documented', () => {
    const names = new NativeNames(undefined, rules);
    expect(names.nameOf(parsePath('exchange/binance/api_key'))).toBe('exchange--binance--api-ukey');
    expect(names.nameOf(parsePath('a-B.c/d@e'))).toBe('a-d-cb-pc--d-x40e');
  });

  test.each(['A', 'a-', '-', 'a-z', 'a-x2f', 'a-x61', 'a-cA', 'a-xAB', 'a_b', '-h', '--a', 'a----b', 'a--', '-p'])(
    'the name %j is of no path',
    (name) => {
      expect(new NativeNames('codec', rules).pathOf(name)).toBeUndefined();
    },
  );

  test('a path that is too long for the store gets the digest of itself, which says nothing of the path', () => {
    const names = new NativeNames('codec', { ...rules, codecPrefix: 'kw' });
    const long = parsePath(`a/${'_'.repeat(100)}`);
    expect(names.nameOf(long)).toMatch(/^kw-h[a-z2-7]{52}$/);
    expect(names.isAmbiguous(long)).toBe(true);
    expect(names.isAmbiguous(parsePath('a'))).toBe(false);
    expect(names.pathOf(names.nameOf(long))).toBeUndefined();
  });

  test('dashed names are found under the paths that they stand for', () => {
    const names = new NativeNames('dashes', rules);
    expect(names.nameOf(parsePath('secret_key'))).toBe('secret-key');
    expect(names.nameOf(parsePath('exchange/binance/api.key'))).toBe('exchange-binance-api-key');
    expect(names.pathOf('secret-key')).toBe('secret-key');
    expect(names.isAmbiguous(parsePath('secret_key'))).toBe(true);
  });

  test('verbatim names are the paths, and what the store cannot have is refused', () => {
    const names = new NativeNames('verbatim', rules);
    expect(names.nameOf(parsePath('Secret-Key'))).toBe('Secret-Key');
    expect(names.pathOf('Secret-Key')).toBe('Secret-Key');
    expect(() => names.nameOf(parsePath('secret_key'))).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => names.nameOf(parsePath('a'.repeat(128)))).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  test('a name that was given for a path stands in both directions, and the name of the naming is free', () => {
    const names = new NativeNames('codec', withOverrides(['database/url', 'Legacy-DB-Url']));
    expect(names.nameOf(parsePath('database/url'))).toBe('Legacy-DB-Url');
    expect(names.pathOf('legacy-db-url')).toBe('database/url');
    expect(names.pathOf('database--url')).toBeUndefined();
  });

  test.each([
    ['a name that the store cannot have', withOverrides(['a', 'a_b'])],
    ['one name for two paths, case ignored', withOverrides(['a', 'Name'], ['b', 'name'])],
  ])('refuses %s', (_, wrong) => {
    expect(() => new NativeNames('codec', wrong)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  test('refuses a naming that there is not', () => {
    expect(() => new NativeNames('camel', rules)).toThrow(expect.objectContaining({ code: 'config' }));
  });
});
