import type { Rotations } from '../compose/rotations.js';
import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { isKeywardError, toKeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import type { RotationFinding } from '../lifecycle/rotation/rotation-findings.js';
import type { Invocation } from './command.js';

/** What is wrong with what has a rotator; nothing where there is no store in which any could be written down. */
export async function findRotatorProblems(
  invocation: Invocation,
  workspace: Workspace,
): Promise<readonly RotationFinding[]> {
  const { rotatorProblems } = await import('../compose/rotation-problems.js');
  return find(invocation, workspace, ({ rotator }) => rotator !== undefined, rotatorProblems);
}

/** The same, and what is wrong with what people rotate. */
export async function findRotationProblems(
  invocation: Invocation,
  workspace: Workspace,
): Promise<readonly RotationFinding[]> {
  const { rotationProblems } = await import('../compose/rotation-problems.js');
  return find(invocation, workspace, ({ rotate, rotator }) => (rotator ?? rotate) !== undefined, rotationProblems);
}

async function find(
  { io }: Invocation,
  workspace: Workspace,
  isMeant: (entry: InventoryEntry) => boolean,
  problems: (rotations: Rotations, nowMs: number) => Promise<readonly RotationFinding[]>,
): Promise<readonly RotationFinding[]> {
  if (![...workspace.config.inventory.values()].some(isMeant)) return [];
  const { openRotations } = await import('../compose/rotations.js');
  try {
    return await problems(await openRotations(workspace, { env: io.env }), systemClock.now());
  } catch (error) {
    if (isKeywardError(error, 'config')) return [];
    const { message: cause, advice: fix } = toKeywardError(error, 'where the rotations stand');
    return [{ problem: 'unknown', severity: 'error', where: 'rotations', cause, fix }];
  }
}
