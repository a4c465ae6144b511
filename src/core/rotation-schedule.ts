import type { Cron } from './cron.js';
import type { RotationWindow } from './rotation-window.js';

/** When a secret is rotated. */
export interface RotationSchedule {
  /** After so many milliseconds, or at times of the calendar. */
  readonly every: number | Cron;
  /** Only then a rotation is begun; of an interval only. */
  readonly window?: RotationWindow | undefined;
  /**
   * How far secrets that are rotated together are drawn apart: a share of the interval, from 0 up to 1. An interval gets
   * shorter by it and never longer; a time of the calendar gets later.
   */
  readonly jitter: number;
  /** Nothing is begun: until a time, in milliseconds since 1970, or until it is taken out. */
  readonly paused?: number | true | undefined;
}

export interface ScheduledTime {
  /** When it is to be begun, if nothing is in the way. Milliseconds since 1970, as all. */
  readonly dueMs: number;
  /** From then on it is late. */
  readonly lateMs: number;
}

/** Clocks put forward or back, and the time that a rotation takes, must not cost a window. */
const longestLeadMs = 86_400_000;

/**
 * When the rotation after this one is to be. It follows from the last one, the schedule and the place alone: whoever asks
 * gets the same answer, before and after a restart.
 *
 * @param place from 0 up to 1, where the secret stands among those that are drawn apart.
 */
export function nextRotation(
  { every, window, jitter }: RotationSchedule,
  lastMs: number,
  place: number,
): ScheduledTime {
  if (typeof every !== 'number') {
    const time = every.after(lastMs);
    const spread = jitter === 0 ? 0 : (every.after(time) - time) * jitter;
    return { dueMs: time + Math.floor(spread * place), lateMs: time + spread };
  }
  const endMs = lastMs + every;
  const jitterMs = Math.floor(every * jitter * place);
  if (window === undefined) return { dueMs: endMs - jitterMs, lateMs: endMs };
  const leadMs = Math.max(jitterMs, Math.min(longestLeadMs, every / 10));
  const dueMs = openingAfter(window, endMs - leadMs, place);
  // The window of the secret that waits longest.
  const { closesAt } = window.at(openingAfter(window, endMs - Math.min(longestLeadMs, every / 10), 0));
  return { dueMs, lateMs: Math.max(endMs, closesAt) };
}

/**
 * What the next rotation is counted from: the time that was planned for the last one, unless it was much later, so that
 * delays do not add up.
 */
export function countedFrom({ every }: RotationSchedule, rotatedMs: number, plannedMs: number | undefined): number {
  if (plannedMs === undefined || typeof every !== 'number') return rotatedMs;
  const delayMs = rotatedMs - plannedMs;
  return delayMs >= 0 && delayMs <= Math.min(longestLeadMs, every / 10) ? plannedMs : rotatedMs;
}

/** Whether a rotation that is due may be begun now, and when else. */
export function beginsAt({ window }: RotationSchedule, dueMs: number, nowMs: number, place: number): number {
  return window === undefined || dueMs > nowMs ? dueMs : openingAfter(window, nowMs, place);
}

/** The first instant that is not before this one, in a window, and past the place of the secret in it. */
function openingAfter(window: RotationWindow, atMs: number, place: number): number {
  const { opensAt, closesAt } = window.at(atMs);
  // In the first half, so that who is late has time left; apart from those whom the jitter puts on the same day.
  const within = (place * 1009) % 1;
  return Math.max(atMs, opensAt + Math.floor(((closesAt - opensAt) / 2) * within));
}

/** The longest time between two rotations, in milliseconds; of the calendar, as far as a dozen of them tell. */
export function longestIntervalMs({ every }: RotationSchedule): number {
  if (typeof every === 'number') return every;
  let longest = 0;
  for (let at = every.after(0), seen = 0; seen < 12; seen += 1) {
    const next = every.after(at);
    longest = Math.max(longest, next - at);
    at = next;
  }
  return longest;
}
