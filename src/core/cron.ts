import { KeywardError } from './errors.js';
import { timeZone } from './zoned-time.js';

/** Times that recur by the calendar. */
export interface Cron {
  readonly source: string;
  /** The first of them after the instant; both in milliseconds since 1970. */
  after(atMs: number): number;
}

const dayMs = 86_400_000;
/** From one 29 February to the next may be eight years. */
const longestDays = 8 * 366 + 1;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * Reads the five fields of crontab(5), minute, hour, day of month, month and day of week (0 and 7 are Sunday), and the
 * time zone, UTC without one: `30 3 1 jan,jul * Europe/Berlin`. A field is a list of `*`, numbers, names and ranges, each
 * range with a step if wanted. Where both days are restricted, one of them is enough.
 *
 * @throws KeywardError `invalid`, also for times that never come.
 */
export function parseCron(source: string): Cron {
  const [minute = '', hour = '', day = '', month = '', weekday = '', zoneName = 'UTC', ...rest] = source.split(' ');
  const minutes = numbersIn(minute, 0, 59);
  const hours = numbersIn(hour, 0, 23);
  const days = numbersIn(day, 1, 31);
  const inMonths = numbersIn(month, 1, 12, months);
  const onWeekdays = new Set([...numbersIn(weekday, 0, 7, weekdays)].map((number) => number % 7));
  if (rest.length > 0) throw wrong();
  const zone = timeZone(zoneName);
  const isDay = (date: Date): boolean => {
    if (!inMonths.has(date.getUTCMonth() + 1)) return false;
    const isOfMonth = days.has(date.getUTCDate());
    const isOfWeek = onWeekdays.has(date.getUTCDay());
    return day.startsWith('*') || weekday.startsWith('*') ? isOfMonth && isOfWeek : isOfMonth || isOfWeek;
  };
  /** Instants of a day, so that many who ask for the same days find them known. */
  const known = new Map<number, readonly number[]>();
  const timesOf = (number: number): readonly number[] => {
    const found = known.get(number);
    if (found !== undefined) return found;
    const ofDay = [...hours].flatMap((h) => [...minutes].map((m) => h * 60 + m));
    const times = isDay(new Date(number * dayMs)) ? ofDay.map((time) => zone.instantOf(number, time)) : [];
    times.sort((a, b) => a - b);
    known.set(number, times);
    return times;
  };
  const after = (atMs: number): number => {
    const first = Math.floor(atMs / dayMs) - 1;
    for (let number = first; number < first + longestDays; number += 1) {
      const time = timesOf(number).find((candidate) => candidate > atMs);
      if (time !== undefined) return time;
    }
    throw wrong();
  };
  const comes = Array.from({ length: longestDays }, (_, number) => new Date(number * dayMs)).some(isDay);
  if (!comes) throw wrong();
  return { source, after };
}

function numbersIn(field: string, least: number, most: number, names: readonly string[] = []): ReadonlySet<number> {
  const numberOf = (text: string): number => {
    const name = names.indexOf(text.toLowerCase());
    // The first month is 1, the first day of the week 0.
    const number = name >= 0 ? name + least : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw wrong();
  };
  const numbers = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', stepText, ...more] = part.split('/');
    const [fromText = '', toText, ...beyond] = range.split('-');
    const isAll = range === '*';
    const from = isAll ? least : numberOf(fromText);
    const to = isAll ? most : numberOf(toText ?? fromText);
    const isStepped = stepText !== undefined;
    const step = isStepped ? Number(/^[1-9]\d?$/.exec(stepText)?.[0]) : 1;
    const isRange = isAll || toText !== undefined;
    if (more.length > 0 || beyond.length > 0 || from > to || !(step > 0) || (isStepped && !isRange)) throw wrong();
    for (let number = from; number <= to; number += step) numbers.add(number);
  }
  return numbers;
}

function wrong(): KeywardError {
  return new KeywardError('invalid', 'a cron expression has five fields, and a time zone if wanted', {
    advice: 'Write it like 0 3 1 * * Europe/Berlin.',
  });
}
