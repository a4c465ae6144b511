import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { isKeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Invocation } from './command.js';

/** What is wrong with the project's rotations; nothing where there is no store in which any could be written down. */
export async function findRotationProblems({ io }: Invocation, workspace: Workspace): Promise<readonly Finding[]> {
  const isRotated = [...workspace.config.inventory.values()].some(({ rotator }) => rotator !== undefined);
  if (!isRotated) return [];
  const { openRotations } = await import('../compose/rotations.js');
  const { rotationFindings } = await import('../lifecycle/rotation/rotation-findings.js');
  try {
    const rotations = await openRotations(workspace, { env: io.env });
    return rotationFindings(await rotations.statuses(rotations.paths), systemClock.now());
  } catch (error) {
    if (isKeywardError(error, 'config')) return [];
    throw error;
  }
}
