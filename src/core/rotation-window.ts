import { KeywardError } from './errors.js';
import { timeZone } from './zoned-time.js';

/** When something may be begun: between two times of the day, on some days of the week. */
export interface RotationWindow {
  readonly source: string;
  /** The one that is open at the instant, else the next; in milliseconds since 1970. */
  at(atMs: number): { readonly opensAt: number; readonly closesAt: number };
}

const dayMs = 86_400_000;
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const form = /^(?:([a-z,-]+) )?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)(?: (\S+))?$/i;

/**
 * Reads `02:00-05:00 Europe/Berlin`, or with days `sat,sun 22:00-06:00 UTC` and `mon-fri 02:00-05:00`. One that ends
 * before it begins goes on into the next day. Without a time zone it is UTC.
 *
 * @throws KeywardError `invalid`
 */
export function parseRotationWindow(source: string): RotationWindow {
  const [, dayText = 'sun-sat', fromHour, fromMinute, toHour, toMinute, zoneName = 'UTC'] = form.exec(source) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const end = Number(toHour) * 60 + Number(toMinute);
  if (!(from !== end && end <= 1440)) throw wrong();
  const to = end > from ? end : end + 1440;
  const days = daysIn(dayText.toLowerCase());
  const zone = timeZone(zoneName);
  const known = new Map<number, ReturnType<RotationWindow['at']>>();
  const windowOf = (number: number) => {
    const found = known.get(number);
    if (found !== undefined) return found;
    const window = { opensAt: zone.instantOf(number, from), closesAt: zone.instantOf(number, to) };
    known.set(number, window);
    return window;
  };
  return {
    source,
    at(atMs) {
      // The day before last may still be open where clocks are behind, and the window goes past midnight.
      for (let number = Math.floor(atMs / dayMs) - 2; ; number += 1) {
        if (!days.has(new Date(number * dayMs).getUTCDay())) continue;
        const window = windowOf(number);
        // A window may be skipped as a whole, when clocks are put forward.
        if (window.closesAt > atMs && window.closesAt > window.opensAt) return window;
      }
    },
  };
}

function daysIn(text: string): ReadonlySet<number> {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const from = weekdays.indexOf(first);
    const to = weekdays.indexOf(last);
    if (from < 0 || to < 0 || rest.length > 0) throw wrong();
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}

function wrong(): KeywardError {
  return new KeywardError('invalid', 'a window is two times of the day, with days before and a time zone after', {
    advice: 'Write it like 02:00-05:00 Europe/Berlin, or sat,sun 22:00-06:00 Europe/Berlin.',
  });
}
