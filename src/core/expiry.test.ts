import { describe, expect, test } from 'vitest';
import { expiryOf, parseExpiry } from './expiry.js';

const nowMs = Date.UTC(2026, 0, 1);

describe('the end of a secret', () => {
  test.each([
    ['90d', '2026-04-01T00:00:00.000Z'],
    ['1h', '2026-01-01T01:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T12:30:00Z', '2027-01-31T12:30:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s means %s', (text, time) => {
    expect(parseExpiry(text, nowMs).toISOString()).toBe(time);
  });

  test.each([
    '',
    'tomorrow',
    '2027-1-31',
    '2027-02-30',
    '2027-13-01',
    '2027-01-31T25:00:00Z',
    '2027-01-31 12:00',
    '90',
  ])('%j is none', (text) => {
    expect(() => parseExpiry(text, nowMs)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  test.each(['0d', '2025-12-31', '2026-01-01'])('%s is over', (text) => {
    expect(() => parseExpiry(text, nowMs)).toThrow(/is over already/);
  });

  test('is read from the metadata, where nonsense says nothing', () => {
    expect(expiryOf({ expires: '2027-01-31T00:00:00.000Z' })?.getTime()).toBe(Date.UTC(2027, 0, 31));
    expect(expiryOf({})).toBeUndefined();
    expect(expiryOf({ expires: 'soon' })).toBeUndefined();
  });
});
