import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

test('a duration is a number and a unit, and formatting gives the shortest exact text', () => {
  expect(parseDuration('300s')).toBe(300_000);
  expect(parseDuration('90d')).toBe(7_776_000_000);
  expect(formatDuration(7_776_000_000)).toBe('90d');
  fc.assert(
    fc.property(fc.nat(999_999_999), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test.each(['', '5', 's', '-1s', '1.5h', '1 h', '1w', '9999999999s'])('%j is refused', (text) => {
  expect(() => parseDuration(text)).toThrowError(expect.objectContaining({ code: 'invalid' }));
});
