import type { Path } from '../../core/path.js';
import { lastRotatedOf, rotationDue } from '../../core/rotation-due.js';
import { readJournal } from './journal.js';
import { isFinished, type RotationState } from './machine.js';
import type { RotationParts } from './rotation.js';

/** Where a secret stands between two rotations or in one. */
export interface RotationStatus {
  readonly path: Path;
  readonly state: RotationState;
  /** `absent`: there is nothing to rotate. `waiting`: a rotation is under way, and nothing is to be done now. */
  readonly next: 'due' | 'fresh' | 'waiting' | 'absent';
  readonly lastRotated: Date | undefined;
  /** When something is to be done, where that is known. */
  readonly dueAt: Date | undefined;
  /** Step and error code of what failed last. */
  readonly failure: { readonly step: string; readonly code: string } | undefined;
}

/**
 * What is to be done about a secret now. Reads no value.
 *
 * @param rotateMs how often it is rotated, in milliseconds; `undefined` makes only what is under way due.
 * @throws KeywardError as the store.
 */
export async function rotationStatus(
  { records, provider, clock }: Pick<RotationParts, 'records' | 'provider' | 'clock'>,
  { path, name, rotateMs }: { path: Path; name: string; rotateMs: number | undefined },
): Promise<RotationStatus> {
  const now = clock.now();
  const journal = await readJournal(records, name);
  const { state = 'idle', failure, waitUntil = 0, lastRotated: noted } = journal ?? {};
  const retryAt = failure?.retryAt ?? 0;
  const common = { path, state, failure: failure && { step: failure.step, code: failure.code } };
  if (!isFinished(state)) {
    const dueMs = Math.max(waitUntil, retryAt);
    const dueAt = dueMs === 0 ? undefined : new Date(dueMs);
    return { ...common, next: dueMs <= now ? 'due' : 'waiting', lastRotated: dateOf(noted), dueAt };
  }
  const lastHere = noted !== undefined && noted <= now ? new Date(noted) : undefined;
  if (lastHere !== undefined && rotateMs !== undefined && now < lastHere.getTime() + rotateMs) {
    return { ...common, next: 'fresh', lastRotated: lastHere, dueAt: new Date(lastHere.getTime() + rotateMs) };
  }
  const described = provider.capabilities.has('describe') ? await provider.describe(path) : undefined;
  if (described === undefined) return { ...common, next: 'absent', lastRotated: lastHere, dueAt: undefined };
  const lastRotated = lastRotatedOf(described, now);
  if (rotateMs === undefined) return { ...common, next: 'fresh', lastRotated, dueAt: undefined };
  const { state: age, dueAt } = rotationDue(rotateMs, lastRotated, now);
  return { ...common, next: age === 'overdue' && retryAt <= now ? 'due' : 'fresh', lastRotated, dueAt };
}

function dateOf(timeMs: number | undefined): Date | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs);
}
