import type { Finding } from '../../core/finding.js';
import type { RotationStatus, UnknownStatus } from './due.js';
import { isFinished } from './machine.js';
import type { PersonTask } from './rotators/rotator.js';

/** After so long nobody is going on with it. */
const stuckMs = 86_400_000;
const link = 'guide/rotation.md#when-something-fails';

/**
 * What is wrong with a rotation: it `failed`; nobody goes on with it (`stuck`); a person has to do something, or somebody
 * still uses the former value (`waiting`); the value is older than its schedule allows (`overdue`); nobody can say where it
 * stands (`unknown`).
 */
export interface RotationFinding extends Finding {
  readonly problem: 'failed' | 'stuck' | 'waiting' | 'overdue' | 'unknown';
}

/** A secret that is to be rotated, and what has to be known of it to say what is wrong. */
export interface LookedAtRotation {
  readonly status: RotationStatus | UnknownStatus;
  /** What a person has to do before it goes on. */
  readonly task?: PersonTask | undefined;
  /** When the last step of what is under way was taken, in milliseconds since 1970. */
  readonly lastStepMs?: number | undefined;
  /** Whether nothing rotates it but a person. */
  readonly isByHand?: boolean | undefined;
}

/** What is wrong with rotations; what is overdue and failed is both. @param nowMs milliseconds since 1970. */
export function rotationFindings(looked: readonly LookedAtRotation[], nowMs: number): readonly RotationFinding[] {
  return looked.flatMap(({ status, task, lastStepMs, isByHand }): readonly RotationFinding[] => {
    const { path: where } = status;
    if ('error' in status) {
      const { message: cause, advice: fix } = status.error;
      return [{ problem: 'unknown', severity: 'warning', where, cause, fix, link }];
    }
    const { state, next, failure, dueAt, isOverdue, waitsFor = [] } = status;
    const begin = isByHand === true ? `Replace it: keyward set ${where}` : `Run: keyward rotate ${where}`;
    const goOn = isFinished(state) ? begin : `${begin} --resume`;
    const overdue: readonly RotationFinding[] = isOverdue
      ? [{ problem: 'overdue', severity: 'error', where, cause: 'its rotation is overdue', fix: begin, link }]
      : [];
    if (failure !== undefined) {
      const cause = `its rotation failed at ${failure.step} (${failure.code})`;
      return [{ problem: 'failed', severity: 'error', where, cause, fix: goOn, link }, ...overdue];
    }
    if (task !== undefined) {
      const cause = `its rotation waits for somebody: ${task.title}`;
      return [{ problem: 'waiting', severity: 'warning', where, cause, fix: begin, link }, ...overdue];
    }
    if (waitsFor.length > 0) {
      const cause = `its former value is still used by ${waitsFor.join(', ')}`;
      const fix = `Restart what uses it, and see: keyward rotation status ${where}`;
      return [{ problem: 'waiting', severity: 'warning', where, cause, fix, link }];
    }
    const sinceMs = dueAt?.getTime() ?? lastStepMs;
    const isStuck = next === 'due' && !isFinished(state) && sinceMs !== undefined && sinceMs + stuckMs <= nowMs;
    if (!isStuck) return overdue;
    const cause = `its rotation is to be gone on with since ${new Date(sinceMs).toISOString().slice(0, 10)}`;
    const fix = `${goOn}, or let a timer run: keyward rotate --due`;
    return [{ problem: 'stuck', severity: 'warning', where, cause, fix, link }];
  });
}
