import { type CollectedEnvironment, collectEnvironment } from '../../compose/collect-environment.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { Invocation } from '../command.js';
import { warnOfDegraded } from '../warn-of-degraded.js';
import { refuseNames } from './child-environment.js';
import type { RunPlan } from './run-plan.js';

/**
 * The values that the program is to get.
 *
 * @throws KeywardError `config` when nothing says what to give, or for a name that is refused although it is kept; as
 * `collectEnvironment`.
 */
export async function collectValues(workspace: Workspace, plan: RunPlan): Promise<CollectedEnvironment> {
  const { base: environment, paths, only, override } = plan;
  const collected = await collectEnvironment(workspace, { environment, paths, only, override });
  const { values, kept } = collected;
  // Refused whatever the environment holds, so that the same project does not run in one place only.
  refuseNames(kept, plan.allowed);
  if (workspace.config.file === undefined && paths === undefined && values.size + kept.length === 0) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above, so nothing says what to give', {
      advice: 'Run: keyward init --from .env; or name what to give with --path.',
    });
  }
  return collected;
}

/** Says what was kept, what is an older value, and when the program gets nothing. */
export function noteCollected({ output }: Invocation, { values, kept }: CollectedEnvironment): void {
  warnOfDegraded(output, values);
  if (kept.length > 0) output.note(`kept from the environment: ${kept.join(', ')} (--override replaces them)`);
  else if (values.size === 0) output.note('remark: keyward.yaml lists no secrets; the program gets none');
}
