import { expect, test } from 'vitest';
import { closest } from './closest.js';

test('the nearest candidate within two edits is found, one for short words, in any case, a swap being one', () => {
  expect(closest('proyect', ['project', 'providers'])).toBe('project');
  expect(closest('vualt', ['vault', 'exec'])).toBe('vault');
  expect(closest('EVN', ['exec', 'env'])).toBe('env');
  expect(closest('EXN', ['env'])).toBeUndefined();
  expect(closest('GT', ['get', 'set'])).toBe('get');
  expect(closest('something', ['get', 'set'])).toBeUndefined();
  expect(closest('', ['get'])).toBeUndefined();
});

test('of candidates that are equally near the first is taken', () => {
  expect(closest('bet', ['set', 'get'])).toBe('set');
});
