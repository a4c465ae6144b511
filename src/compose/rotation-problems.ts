import { toKeywardError } from '../core/errors.js';
import type { RotationStatus, UnknownStatus } from '../lifecycle/rotation/due.js';
import { isFinished } from '../lifecycle/rotation/machine.js';
import {
  type LookedAtRotation,
  type RotationFinding,
  rotationFindings,
} from '../lifecycle/rotation/rotation-findings.js';
import { eachOf, transferConcurrency } from '../lifecycle/transfer/each-of.js';
import type { Rotations } from './rotations.js';

/**
 * What is wrong with the rotations of a project, as far as its rotators go. Reads no value.
 *
 * @param nowMs milliseconds since 1970.
 * @throws KeywardError as the records.
 */
export async function rotatorProblems(rotations: Rotations, nowMs: number): Promise<readonly RotationFinding[]> {
  const statuses = await rotations.statuses(rotations.paths);
  const looked = await eachOf(statuses, transferConcurrency, (status) => lookAt(rotations, status));
  return rotationFindings(looked, nowMs);
}

/** The same, and what is wrong with what people rotate without a rotator. */
export async function rotationProblems(rotations: Rotations, nowMs: number): Promise<readonly RotationFinding[]> {
  const byHand = (await rotations.byHand()).map((status) => ({ status, isByHand: true }));
  return [...(await rotatorProblems(rotations, nowMs)), ...rotationFindings(byHand, nowMs)];
}

/** What is under way is looked at more closely. */
async function lookAt(rotations: Rotations, status: RotationStatus | UnknownStatus): Promise<LookedAtRotation> {
  const { path } = status;
  if ('error' in status || isFinished(status.state) || status.failure !== undefined) return { status };
  try {
    const task = await rotations.task(path);
    const lastStepMs = (await rotations.log(path)).at(-1)?.steps.at(-1)?.at;
    return { status, task, lastStepMs };
  } catch (error) {
    return { status: { path, error: toKeywardError(error, `where the rotation of ${path} stands`, { path }) } };
  }
}
