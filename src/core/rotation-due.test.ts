import { describe, expect, test } from 'vitest';
import { lastRotatedOf, rotationDue } from './rotation-due.js';

const day = 86_400_000;
const now = Date.parse('2027-06-01T00:00:00Z');
const ago = (days: number) => new Date(now - days * day);
const version = (number: number, createdAt: Date | undefined) =>
  ({ number, id: `${number}`, createdAt, state: 'live', stages: [], size: undefined }) as const;

describe('the last rotation', () => {
  const versions = [version(2, ago(3)), version(1, ago(100))];

  test('is when the current version was written', () => {
    expect(lastRotatedOf({ metadata: {}, versions, current: 2 }, now)).toEqual(ago(3));
    expect(lastRotatedOf({ metadata: {}, versions, current: 1 }, now)).toEqual(ago(100));
  });

  test('is what the metadata says, since moving a value makes it no younger', () => {
    const metadata = { last_rotated: '2027-01-01' };
    expect(lastRotatedOf({ metadata, versions, current: 2 }, now)).toEqual(new Date('2027-01-01T00:00:00Z'));
  });

  test('is unknown when nothing says it, and when the metadata says no time or one to come', () => {
    const at = (last_rotated: string) => lastRotatedOf({ metadata: { last_rotated }, versions, current: 2 }, now);
    expect(lastRotatedOf({ metadata: {}, versions: [version(1, undefined)], current: 1 }, now)).toBeUndefined();
    expect(lastRotatedOf({ metadata: {}, versions, current: undefined }, now)).toBeUndefined();
    expect(lastRotatedOf({ metadata: {}, versions: [version(1, ago(-1))], current: 1 }, now)).toBeUndefined();
    for (const text of ['', 'soon', '2027-02-30', '2027-06-02', '9999-01-01']) expect(at(text)).toBeUndefined();
  });
});

describe('a rotation', () => {
  const stateAfter = (days: number, every = 90) => rotationDue({ every: every * day, jitter: 0 }, ago(days), now).state;

  test('is due at the end of its interval, exactly', () => {
    expect(stateAfter(90)).toBe('overdue');
    expect(rotationDue({ every: 90 * day, jitter: 0 }, new Date(now - 90 * day + 1), now).state).toBe('soon');
    expect(rotationDue({ every: 90 * day, jitter: 0 }, ago(80), now).dueAt).toEqual(ago(-10));
  });

  test('is announced 14 days before, of short intervals from the middle on', () => {
    expect([75, 76, 89].map((days) => stateAfter(days))).toEqual(['fresh', 'soon', 'soon']);
    expect([3, 4, 7].map((days) => stateAfter(days, 7))).toEqual(['fresh', 'soon', 'overdue']);
  });

  test('that never was is overdue', () => {
    expect(rotationDue({ every: 90 * day, jitter: 0 }, undefined, now)).toEqual({ state: 'overdue', dueAt: undefined });
  });
});
