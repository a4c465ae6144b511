import { expect, test } from 'vitest';
import { closest } from './closest.js';

test('the nearest candidate within two edits is found, one for short words, in any case', () => {
  expect(closest('proyect', ['project', 'providers'])).toBe('project');
  expect(closest('vualt', ['vault', 'exec'])).toBe('vault');
  expect(closest('EVN', ['env', 'exec'])).toBeUndefined();
  expect(closest('GT', ['get', 'set'])).toBe('get');
  expect(closest('something', ['get', 'set'])).toBeUndefined();
  expect(closest('', ['get'])).toBeUndefined();
});
