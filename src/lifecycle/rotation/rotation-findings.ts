import type { Finding } from '../../core/finding.js';
import type { RotationStatus, UnknownStatus } from './due.js';
import { isFinished } from './machine.js';

/** After so long nobody is going on with it. */
const stuckMs = 86_400_000;
const link = 'guide/rotation.md#when-something-fails';

/** What is wrong with rotations, as far as their journals say: what failed, and what nobody goes on with. */
export function rotationFindings(
  statuses: readonly (RotationStatus | UnknownStatus)[],
  nowMs: number,
): readonly Finding[] {
  return statuses.flatMap((status): readonly Finding[] => {
    const { path: where } = status;
    if ('error' in status)
      return [{ severity: 'warning', where, cause: status.error.message, fix: status.error.advice, link }];
    const { state, next, failure, dueAt } = status;
    const goOn = isFinished(state) ? `Run: keyward rotate ${where}` : `Run: keyward rotate ${where} --resume`;
    if (failure !== undefined) {
      return [
        {
          severity: 'error',
          where,
          cause: `its rotation failed at ${failure.step} (${failure.code})`,
          fix: goOn,
          link,
        },
      ];
    }
    const isStuck = next === 'due' && !isFinished(state) && dueAt !== undefined && dueAt.getTime() + stuckMs <= nowMs;
    if (!isStuck) return [];
    const cause = `its rotation is to be gone on with since ${dueAt.toISOString().slice(0, 10)}`;
    return [{ severity: 'warning', where, cause, fix: `${goOn}, or let a timer run: keyward rotate --due`, link }];
  });
}
