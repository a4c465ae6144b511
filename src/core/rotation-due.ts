import { dateOf } from './expiry.js';
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
 * Whether a rotation is due. Never rotated is overdue.
 *
 * @param rotateMs how often it is to be rotated, in milliseconds.
 */
export function rotationDue(rotateMs: number, lastRotated: Date | undefined, nowMs: number): RotationDue {
  if (lastRotated === undefined) return { state: 'overdue', dueAt: undefined };
  const dueMs = lastRotated.getTime() + rotateMs;
  const warnsFromMs = dueMs - Math.min(warningMs, rotateMs / 2);
  const state = nowMs >= dueMs ? 'overdue' : nowMs >= warnsFromMs ? 'soon' : 'fresh';
  return { state, dueAt: new Date(dueMs) };
}
