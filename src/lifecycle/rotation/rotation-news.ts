import type { Notification } from '../../core/notification.js';
import { warnsFrom } from '../../core/rotation-due.js';
import type { RotationStatus } from './due.js';
import { isFinished } from './machine.js';
import type { RotationOutcome } from './rotate-due.js';

/** Where it happens. */
export type NewsContext = Pick<Notification, 'project' | 'environment' | 'owner' | 'atMs'>;

/** What people are told of what became of a rotation; `undefined` when there is nothing to tell. */
export function newsOf(
  { path, journal, task, error }: RotationOutcome,
  context: NewsContext,
): Notification | undefined {
  const about = { path, ...context };
  if (error !== undefined) {
    const text = `the rotation of ${path} failed (${error.code})`;
    return { ...about, kind: 'rotation-failed', text, next: `keyward rotation status ${path}`, key: error.code };
  }
  if (task !== undefined) {
    const text = `the rotation of ${path} waits for somebody: ${task.title}`;
    const key = `${journal?.epoch} ${task.name}`;
    return { ...about, kind: 'rotation-waiting', text, next: `keyward rotate ${path}`, key };
  }
  if (journal === undefined || !isFinished(journal.state) || journal.state === 'idle') return undefined;
  const text = journal.state === 'retired' ? `${path} was rotated` : `the rotation of ${path} was taken back`;
  return { ...about, kind: 'rotation-done', text, key: `${journal.epoch} ${journal.state}` };
}

/**
 * The reminder of what is late, or soon to be done; `undefined` when it is neither, or under way.
 *
 * @param command what to run for it.
 */
export function reminderOf(
  { path, state, isOverdue, dueAt, lastRotated, next, failure }: RotationStatus,
  context: NewsContext,
  command = `keyward rotate ${path}`,
): Notification | undefined {
  const isSoon = dueAt !== undefined && context.atMs >= warnsFrom(dueAt.getTime(), lastRotated?.getTime() ?? 0);
  if (next === 'absent' || !isFinished(state) || !(isOverdue || isSoon)) return undefined;
  const why = next === 'paused' ? ', and paused' : failure === undefined ? '' : `; ${failure.step} failed`;
  const day = dueAt?.toISOString().slice(0, 10);
  const text = isOverdue ? `${path} is overdue for its rotation${why}` : `${path} is to be rotated by ${day}`;
  return { path, ...context, kind: 'rotation-due', text, next: command, key: isOverdue ? 'late' : `${day}` };
}
