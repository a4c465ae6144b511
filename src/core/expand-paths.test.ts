import { describe, expect, test } from 'vitest';
import { expandPaths } from './expand-paths.js';
import { parsePath } from './path.js';

const listed = ['exchange/binance', 'exchange/okx', 'exchange/okx/sub', 'app/key'].map(parsePath);

describe('expandPaths', () => {
  test('takes a path as it is, listed or not', () => {
    expect(expandPaths(['app/key', 'not/listed'], listed)).toEqual(['app/key', 'not/listed']);
  });

  test('puts those listed in the place of a pattern, each once', () => {
    expect(expandPaths(['exchange/okx', 'exchange/*'], listed)).toEqual(['exchange/okx', 'exchange/binance']);
    expect(expandPaths(['exchange/**'], listed)).toHaveLength(3);
    expect(expandPaths([], listed)).toEqual([]);
  });

  test.each(['nothing/*', '**x', '../*', '*/*/*/*'])('refuses %j, which matches none', (name) => {
    expect(() => expandPaths([name], listed)).toThrow(/matches|pattern/);
  });
});
