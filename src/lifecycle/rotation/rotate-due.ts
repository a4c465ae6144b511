import { type KeywardError, toKeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { eachOf } from '../transfer/each-of.js';
import type { RotationStatus, UnknownStatus } from './due.js';
import type { Journal } from './journal.js';
import type { OnStep } from './rotating.js';
import type { PersonTask } from './rotators/rotator.js';

/** What became of one secret. */
export interface RotationOutcome {
  readonly path: Path;
  readonly journal?: Journal | undefined;
  /** What a person has to do before it goes on. */
  readonly task?: PersonTask | undefined;
  readonly error?: KeywardError;
}

export interface RotateDueOptions {
  readonly rotate: (
    path: Path,
    onStep: OnStep,
    plannedFor: number | undefined,
  ) => Promise<Omit<RotationOutcome, 'path'>>;
  readonly onStep: (path: Path, ...step: Parameters<OnStep>) => void;
  /** A secret that is not there is no reason to make one: it may be looked for in the wrong place. */
  readonly onAbsent: (path: Path) => void;
  /** How many at once, one of each secret. */
  readonly parallel: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does what is due of these: first what is under way, since somebody may wait for it, then the rest, the longest due first.
 * What cannot be done stands in the outcome of its secret.
 */
export async function rotateDue(
  statuses: readonly (RotationStatus | UnknownStatus)[],
  { rotate, onStep, onAbsent, parallel, signal }: RotateDueOptions,
): Promise<readonly RotationOutcome[]> {
  const unknown = statuses.flatMap((status) => ('error' in status ? [status] : []));
  const known = statuses.flatMap((status) => ('error' in status ? [] : [status]));
  for (const { path, next } of known) if (next === 'absent') onAbsent(path);
  const due = known.filter(({ next }) => next === 'due').sort(({ plannedFor: a = 0 }, { plannedFor: b = 0 }) => a - b);
  const outcomes = await eachOf(due, parallel, async ({ path, plannedFor }): Promise<readonly RotationOutcome[]> => {
    if (signal?.aborted === true) return [];
    try {
      return [{ path, ...(await rotate(path, (...step) => onStep(path, ...step), plannedFor)) }];
    } catch (error) {
      return [{ path, error: toKeywardError(error, `rotating ${path}`, { path }) }];
    }
  });
  return [...unknown, ...outcomes.flat()];
}
