import { type KeywardError, toKeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import { lastRotatedOf } from '../../core/rotation-due.js';
import {
  beginsAt,
  countedFrom,
  nextRotation,
  type RotationSchedule,
  type ScheduledTime,
} from '../../core/rotation-schedule.js';
import { eachOf, transferConcurrency } from '../transfer/each-of.js';
import { clockSkewMs } from './grace.js';
import { type Journal, readJournal } from './journal.js';
import { isFinished, type RotationState } from './machine.js';
import type { RotationParts } from './rotating.js';
import { RotationIndex } from './rotation-index.js';

/** Where a secret stands between two rotations or in one. */
export interface RotationStatus {
  readonly path: Path;
  readonly state: RotationState;
  /**
   * `absent`: there is nothing to rotate. `waiting`: a rotation is under way or it is time for one, and it has to wait.
   * `paused`: none is begun.
   */
  readonly next: 'due' | 'fresh' | 'waiting' | 'paused' | 'absent';
  readonly lastRotated: Date | undefined;
  /** When something is to be done, where that is known. */
  readonly dueAt: Date | undefined;
  /** Whether the current value is older than its schedule allows. */
  readonly isOverdue: boolean;
  /** The time that the schedule gave for a rotation that is due, in milliseconds since 1970. */
  readonly plannedFor?: number | undefined;
  /** Step and error code of what failed last. */
  readonly failure: { readonly step: string; readonly code: string } | undefined;
  /** Who is waited for, being seen to use the former version. */
  readonly waitsFor?: readonly string[] | undefined;
  /** The incident for which the last rotation was begun. */
  readonly incident?: string | undefined;
  /** Whether the target was seen to refuse the former value then. */
  readonly isRefused?: boolean | undefined;
}

/** What could not be found out about one of many. */
export interface UnknownStatus {
  readonly path: Path;
  readonly error: KeywardError;
}

/** A secret that is to be rotated. */
export interface ScheduledSecret {
  readonly path: Path;
  /** Of its journal in `records`. */
  readonly name: string;
  /** `undefined` makes only what is under way due. */
  readonly schedule: RotationSchedule | undefined;
  /** Its place among those with the same schedule, from 0 up to 1. */
  readonly place: number;
  /** Until then none is begun, in milliseconds since 1970; infinite until somebody resumes it. */
  readonly pausedUntil?: number | undefined;
}

interface StatusParts extends Pick<RotationParts, 'records' | 'clock'> {
  readonly provider: Pick<Provider, 'capabilities' | 'describe'>;
}

/**
 * What is to be done about a secret now. Reads no value.
 *
 * @throws KeywardError as the store.
 */
export async function rotationStatus(parts: StatusParts, secret: ScheduledSecret): Promise<RotationStatus> {
  return (await lookAt(parts, secret)).status;
}

interface Looked {
  readonly status: RotationStatus;
  /** What the next rotation is counted from, where that is known and none is under way. */
  readonly sinceMs?: number | undefined;
}

async function lookAt(parts: StatusParts, secret: ScheduledSecret): Promise<Looked> {
  const { records, provider, clock } = parts;
  const { path, name, schedule } = secret;
  const now = clock.now();
  const journal = await readJournal(records, name);
  const { state = 'idle', failure, waitUntil = 0, lastRotated: noted, incident, isRefused, waitsFor } = journal ?? {};
  const retryAt = failure?.retryAt ?? 0;
  const failed = failure && { step: failure.step, code: failure.code };
  const common = { path, state, incident, isRefused, isOverdue: false, failure: failed };
  if (!isFinished(state)) {
    const dueMs = Math.max(waitUntil, retryAt);
    const next = dueMs <= now ? 'due' : 'waiting';
    return { status: { ...common, next, waitsFor, lastRotated: dateOf(noted), dueAt: dateOf(dueMs) } };
  }
  const lastHere = noted !== undefined && noted <= now ? noted : undefined;
  if (lastHere !== undefined && schedule !== undefined) {
    const sinceMs = countFrom(schedule, journal, lastHere);
    const planned = nextRotation(schedule, sinceMs, secret.place);
    const times = timed(secret, planned, { now, retryAt, lastRotated: lastHere });
    if (planned.dueMs > now) return { status: { ...common, ...times }, sinceMs };
  }
  const described = provider.capabilities.has('describe') ? await provider.describe(path) : undefined;
  if (described === undefined) {
    return { status: { ...common, next: 'absent', lastRotated: dateOf(lastHere), dueAt: undefined } };
  }
  const lastRotated = lastRotatedOf(described, now)?.getTime();
  if (schedule === undefined) {
    const status = { ...common, next: 'fresh', lastRotated: dateOf(lastRotated), dueAt: undefined } as const;
    return { status, sinceMs: lastRotated };
  }
  // Never rotated is as if it had been due all the time.
  const sinceMs = lastRotated && countFrom(schedule, journal, lastRotated);
  const planned = sinceMs === undefined ? { dueMs: now, lateMs: now } : nextRotation(schedule, sinceMs, secret.place);
  return { status: { ...common, ...timed(secret, planned, { now, retryAt, lastRotated }) }, sinceMs };
}

/**
 * The same of many, in few calls: only what is under way, due, or not known yet is looked at one by one. Of the others the
 * state is given as `idle`. What a store refuses stands in the place of the status.
 *
 * @throws KeywardError as the records.
 */
export async function rotationStatuses(
  parts: StatusParts,
  secrets: readonly ScheduledSecret[],
): Promise<readonly (RotationStatus | UnknownStatus)[]> {
  const view = await new RotationIndex(parts.records).read(secrets.map(({ name }) => name));
  const learnt = new Map<string, number>();
  const now = parts.clock.now();
  const known = secrets.map((secret) => {
    const sinceMs = view.sinceMs(secret.name);
    return sinceMs === undefined || sinceMs > now ? undefined : freshStatus(secret, sinceMs, now);
  });
  const unknown = secrets.filter((_, index) => known[index] === undefined);
  const looked = await eachOf(unknown, transferConcurrency, async (secret) => {
    try {
      const { status, sinceMs } = await lookAt(parts, secret);
      if (sinceMs !== undefined && status.failure === undefined) learnt.set(secret.name, sinceMs);
      return status;
    } catch (error) {
      const { path } = secret;
      return { path, error: toKeywardError(error, `where the rotation of ${path} stands`, { path }) };
    }
  });
  await view.learn(learnt);
  const rest = looked.values();
  return known.flatMap((status) => status ?? rest.next().value ?? []);
}

/** `undefined` when it has to be looked at. */
function freshStatus(secret: ScheduledSecret, sinceMs: number, now: number): RotationStatus | undefined {
  const { path, schedule, place } = secret;
  const common = { path, state: 'idle', isOverdue: false, failure: undefined } as const;
  if (schedule === undefined) return { ...common, next: 'fresh', lastRotated: new Date(sinceMs), dueAt: undefined };
  const planned = nextRotation(schedule, sinceMs, place);
  if (planned.dueMs <= now) return undefined;
  return { ...common, ...timed(secret, planned, { now, retryAt: 0, lastRotated: sinceMs }) };
}

/** A value that came to the store with the last rotation is as old as that, and was planned with it. */
function countFrom(schedule: RotationSchedule, journal: Journal | undefined, lastRotated: number): number {
  const { lastRotated: noted, plannedFor } = journal ?? {};
  const isSame = noted !== undefined && Math.abs(noted - lastRotated) <= clockSkewMs;
  return isSame ? countedFrom(schedule, noted, plannedFor) : lastRotated;
}

function timed(
  { schedule, place, pausedUntil = 0 }: ScheduledSecret,
  { dueMs, lateMs }: ScheduledTime,
  { now, retryAt, lastRotated }: { now: number; retryAt: number; lastRotated: number | undefined },
): Pick<RotationStatus, 'next' | 'lastRotated' | 'dueAt' | 'isOverdue' | 'plannedFor'> {
  const begins = Math.max(schedule === undefined ? dueMs : beginsAt(schedule, dueMs, now, place), retryAt);
  const isPaused = pausedUntil > now;
  const at = isPaused ? Math.max(begins, pausedUntil) : begins;
  return {
    next: isPaused ? 'paused' : at <= now ? 'due' : dueMs <= now ? 'waiting' : 'fresh',
    lastRotated: dateOf(lastRotated),
    dueAt: dateOf(Number.isFinite(at) ? at : undefined),
    isOverdue: lateMs <= now,
    plannedFor: dueMs <= now ? dueMs : undefined,
  };
}

function dateOf(timeMs: number | undefined): Date | undefined {
  return timeMs === undefined || timeMs === 0 ? undefined : new Date(timeMs);
}
