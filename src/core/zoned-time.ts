import { KeywardError } from './errors.js';

const dayMs = 86_400_000;

/** The clocks of one time zone of the IANA database, as Node knows it. */
export interface TimeZone {
  readonly name: string;
  /**
   * When they show this time of this day. A time that they skip is taken as if they had not been put forward yet, and of
   * a time that they show twice the first is meant (as `disambiguation: 'compatible'` of ECMAScript's Temporal).
   *
   * @param day days since 1970-01-01, of the calendar that they show.
   * @param minutes since midnight; beyond 24 h it is a time of a following day.
   * @returns milliseconds since 1970.
   */
  instantOf(day: number, minutes: number): number;
}

/** @throws KeywardError `invalid` when there is no such zone. */
export function timeZone(name: string): TimeZone {
  const offsetAt = offsets(name);
  return {
    name,
    instantOf(day, minutes) {
      const shown = day * dayMs + minutes * 60_000;
      const before = shown - offsetAt(shown - dayMs);
      const after = shown - offsetAt(shown + dayMs);
      const shows = [before, after].filter((at) => at + offsetAt(at) === shown);
      return shows.length === 0 ? before : Math.min(...shows);
    },
  };
}

/** Milliseconds by which the clocks of the zone are ahead of UTC at an instant. */
function offsets(name: string): (atMs: number) => number {
  if (name === 'UTC') return () => 0;
  const format = formatOf(name);
  return (atMs) => {
    const shown = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 0, day, hour, minute, second] = parts.map((part) => shown.get(part));
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  };
}

const parts = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  // Also offsets such as +02:00 would be taken, which say nothing of summer time.
  if (/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(timeZone)) {
    try {
      return new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new KeywardError('invalid', 'there is no time zone of the name that was given', {
    advice: 'Write it like Europe/Berlin or UTC.',
  });
}
