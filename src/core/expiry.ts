import { parseDuration } from './duration.js';
import { KeywardError } from './errors.js';

/** The metadata entry that says until when a secret is good: a time as ISO 8601 in UTC. */
export const expiresEntry = 'expires';

const maxYear = 9999;

/**
 * The time that `90d` (from now), `2027-01-31` (its beginning in UTC) or `2027-01-31T12:00:00Z` means.
 *
 * @param nowMs milliseconds since 1970.
 * @throws KeywardError `invalid` for anything else, and for a time that is over.
 */
export function parseExpiry(text: string, nowMs: number): Date {
  const time = /^\d+[a-z]+$/.test(text) ? new Date(nowMs + parseDuration(text)) : dateOf(text);
  if (time === undefined || Number.isNaN(time.getTime()) || time.getUTCFullYear() > maxYear) {
    throw new KeywardError('invalid', 'the time of an expiry is neither a date nor a time from now', {
      advice: 'Write it like 2027-01-31, 2027-01-31T12:00:00Z, or 90d for days from now.',
    });
  }
  if (time.getTime() <= nowMs) {
    throw new KeywardError('invalid', `${time.toISOString()} is over already`, { advice: 'Name a time to come.' });
  }
  return time;
}

/** Until when the secret is good; `undefined` when its metadata does not say. */
export function expiryOf(metadata: Readonly<Record<string, string>>): Date | undefined {
  const text = metadata[expiresEntry];
  return text === undefined ? undefined : dateOf(text);
}

/** `2027-01-31` or `2027-01-31T12:00:00Z`. A date that the calendar does not have, which `Date` moves to the next month, is none. */
export function dateOf(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z)?$/.test(text)) return undefined;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10)) ? time : undefined;
}
