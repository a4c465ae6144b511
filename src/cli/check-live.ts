import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import type { CheckedSecret } from '../lifecycle/inventory/check-secrets.js';
import { checkLive, type LiveCheck } from '../lifecycle/inventory/live-checks.js';
import type { Invocation } from './command.js';

/**
 * Asks the targets of what could be read whether they accept it.
 *
 * @throws KeywardError as the store in which rotations are written down, where anything has a rotator.
 */
export async function checkTargets(
  { io }: Invocation,
  workspace: Workspace,
  secrets: readonly CheckedSecret[],
): Promise<readonly LiveCheck[]> {
  const present = secrets.filter(({ state }) => state === 'present').map(({ path }) => path);
  const isRotated = new Set(present.filter((path) => workspace.config.inventory.get(path)?.rotator !== undefined));
  if (isRotated.size === 0) return present.map((path) => ({ path, result: 'no live test' }));
  const { openRotations } = await import('../compose/rotations.js');
  const rotations = await openRotations(workspace, { env: io.env });
  return checkLive(present, {
    probe: async (path) => (isRotated.has(path) ? rotations.probe(path) : 'no live test'),
    clock: systemClock,
  });
}
