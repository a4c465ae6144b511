import { dateOf } from './expiry.js';
import { nextRotation, type RotationSchedule } from './rotation-schedule.js';
import { type SecretDescription, versionKey } from './version.js';

/** The metadata entry that says when the value was last rotated: a time as ISO 8601 in UTC. */
export const lastRotatedEntry = 'last_rotated';

/** How long before it is due a warning begins, in milliseconds; of short intervals it is the second half. */
export const warningMs = 14 * 86_400_000;

export interface RotationDue {
  readonly state: 'fresh' | 'soon' | 'overdue';
  /** `undefined` when nobody knows the last rotation. */
  readonly dueAt: Date | undefined;
}

/**
 * When the value was last rotated: as its metadata says, since a store that it was moved to only knows the move; else when
 * its current version was written. `undefined` when neither says it, and when the metadata names no time or one to come.
 *
 * @param nowMs milliseconds since 1970.
 */
export function lastRotatedOf(
  { metadata, versions, current }: Pick<SecretDescription, 'metadata' | 'versions' | 'current'>,
  nowMs: number,
): Date | undefined {
  const noted = metadata[lastRotatedEntry];
  const written = versions.find((version) => versionKey(version) === current)?.createdAt;
  const time = noted === undefined ? written : dateOf(noted);
  return time !== undefined && time.getTime() <= nowMs ? time : undefined;
}

/**
 * Whether a rotation is late, or soon will be. One that never was is late.
 *
 * @param nowMs milliseconds since 1970.
 */
export function rotationDue(schedule: RotationSchedule, lastRotated: Date | undefined, nowMs: number): RotationDue {
  if (lastRotated === undefined) return { state: 'overdue', dueAt: undefined };
  const { lateMs: dueMs } = nextRotation(schedule, lastRotated.getTime(), 0);
  const state = nowMs >= dueMs ? 'overdue' : nowMs >= warnsFrom(dueMs, lastRotated.getTime()) ? 'soon' : 'fresh';
  return { state, dueAt: new Date(dueMs) };
}

/** From when on it is said that something is due soon. All in milliseconds since 1970. */
export function warnsFrom(dueMs: number, sinceMs: number): number {
  return dueMs - Math.min(warningMs, (dueMs - sinceMs) / 2);
}
