import { describe, expect, test } from 'vitest';
import { parseCron } from './cron.js';
import { beginsAt, countedFrom, longestIntervalMs, nextRotation, type RotationSchedule } from './rotation-schedule.js';
import { parseRotationWindow } from './rotation-window.js';

const day = 86_400_000;
const nights = parseRotationWindow('02:00-05:00 Europe/Berlin');
const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString();
const inWindow = (every: number, source: string, jitter = 0): RotationSchedule => ({
  every,
  jitter,
  window: parseRotationWindow(source),
});

describe('an interval', () => {
  test('ends exactly, and jitter shortens it by the place of the secret and never makes it longer', () => {
    const last = at('2027-01-01T00:00:00Z');
    expect(nextRotation({ every: 90 * day, jitter: 0 }, last, 0.5)).toEqual({
      dueMs: last + 90 * day,
      lateMs: last + 90 * day,
    });
    const drawn = [0, 0.5, 0.999].map((place) => nextRotation({ every: 100 * day, jitter: 0.1 }, last, place));
    expect(drawn.map(({ dueMs }) => (dueMs - last) / day)).toEqual([100, 95, expect.closeTo(90.01, 5)]);
    for (const { lateMs } of drawn) expect(lateMs).toBe(last + 100 * day);
  });

  test('is counted from the time that was planned, unless the rotation came much later or earlier', () => {
    const monthly = { every: 30 * day, jitter: 0 };
    expect(countedFrom(monthly, 1000 + day, 1000)).toBe(1000);
    expect(countedFrom(monthly, 1001 + day, 1000)).toBe(1001 + day);
    expect(countedFrom(monthly, 999, 1000)).toBe(999);
    expect(countedFrom(monthly, 1000, undefined)).toBe(1000);
    expect(countedFrom({ every: 3_600_000, jitter: 0 }, 1_000_000, 100_000)).toBe(1_000_000);
  });
});

describe('a window', () => {
  const weekly = inWindow(7 * day, 'sun 02:00-05:00 Europe/Berlin');

  test('is met every week, also when clocks are changed in between and the last rotation was late in it', () => {
    let last = at('2027-01-03T03:59:00Z');
    for (let week = 0; week < 104; week += 1) {
      const { dueMs } = nextRotation(weekly, last, 0.3);
      expect(dueMs - last).toBeGreaterThan(6 * day);
      expect(dueMs - last).toBeLessThan(8 * day);
      expect(weekly.window?.at(dueMs).opensAt).toBeLessThanOrEqual(dueMs);
      last = dueMs + (week % 3) * 60 * 60_000;
    }
  });

  test('that was missed is waited for again', () => {
    const planned = nextRotation(weekly, at('2027-06-06T02:00:00Z'), 0);
    expect(iso(planned.dueMs)).toBe('2027-06-13T00:00:00.000Z');
    expect(iso(planned.lateMs)).toBe('2027-06-13T03:00:00.000Z');
    const monday = at('2027-06-14T12:00:00Z');
    expect(iso(beginsAt(weekly, planned.dueMs, monday, 0))).toBe('2027-06-20T00:00:00.000Z');
    const sunday = at('2027-06-20T01:00:00Z');
    expect(beginsAt(weekly, planned.dueMs, sunday, 0)).toBe(sunday);
    expect(beginsAt(weekly, planned.dueMs, at('2027-06-13T02:59:59Z'), 0)).toBe(at('2027-06-13T02:59:59Z'));
  });
});

describe('times of the calendar', () => {
  test('are met, and drawn apart towards the next', () => {
    const monthly = { every: parseCron('0 3 1 * *'), jitter: 0.1 };
    const last = at('2027-01-15T00:00:00Z');
    expect(iso(nextRotation(monthly, last, 0).dueMs)).toBe('2027-02-01T03:00:00.000Z');
    expect(iso(nextRotation(monthly, last, 0.5).dueMs)).toBe('2027-02-02T12:36:00.000Z');
    expect(iso(nextRotation(monthly, last, 0).lateMs)).toBe('2027-02-03T22:12:00.000Z');
  });

  test('have a longest interval', () => {
    expect(longestIntervalMs({ every: parseCron('0 3 1 */2 *'), jitter: 0 }) / day).toBe(62);
    expect(longestIntervalMs({ every: 30 * day, jitter: 0 })).toBe(30 * day);
  });
});

describe('ten thousand secrets over years', () => {
  const places = Array.from({ length: 10_000 }, (_, index) => (index * 0.618_033_988_749) % 1);

  /** How many are due in the fullest minute, when each is rotated so often, and each time so much late. */
  function fullestMinute(schedule: RotationSchedule, rounds: number, isGood: (last: number, due: number) => boolean) {
    const minutes = new Map<number, number>();
    let fullest = 0;
    for (const place of places) {
      let counted = at('2027-01-01T12:00:00Z');
      for (let round = 0; round < rounds; round += 1) {
        const { dueMs } = nextRotation(schedule, counted, place);
        if (!isGood(counted, dueMs)) throw new Error(`${iso(counted)} is followed by ${iso(dueMs)}`);
        const minute = Math.floor(dueMs / 60_000);
        minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
        fullest = Math.max(fullest, minutes.get(minute) ?? 0);
        counted = countedFrom(schedule, dueMs + 9 * 60_000, dueMs);
      }
    }
    return fullest;
  }

  test('are no herd, do not drift by being late, and are never older than they may be', () => {
    const schedule = { every: 90 * day, jitter: 0.1 };
    const isGood = (last: number, due: number) => due - last <= 90 * day && due - last >= 81 * day;
    expect(fullestMinute(schedule, 24, isGood)).toBeLessThanOrEqual(12);
    for (const place of [0, 0.25, 0.75]) {
      const { dueMs } = nextRotation(schedule, 0, place);
      const late = countedFrom(schedule, dueMs + 9 * 60_000, dueMs);
      expect(nextRotation(schedule, late, place).dueMs).toBe(2 * dueMs);
    }
  });

  test('are rotated exactly in their windows, spread over them', () => {
    const schedule = inWindow(30 * day, '02:00-05:00 Europe/Berlin', 0.1);
    const isGood = (last: number, due: number) => {
      const { opensAt, closesAt } = nights.at(due);
      return due >= opensAt && due < closesAt && due - last < 31 * day && due - last > 26 * day;
    };
    expect(fullestMinute(schedule, 24, isGood)).toBeLessThanOrEqual(80);
  });
});
