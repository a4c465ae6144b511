import type { RolloutCheck, RolloutSettings } from '../core/rollout-settings.js';
import { execCheck, httpCheck } from '../lifecycle/rotation/rollouts/health-check.js';
import type { RolloutContext } from '../lifecycle/rotation/rollouts/rollout-kind.js';
import type { PlannedRollout } from '../lifecycle/rotation/rollouts/run-rollouts.js';
import { rolloutKinds } from './rollout-registry.js';

const defaultTimeoutMs = 600_000;
const defaultWithinMs = 60_000;

/** The roll-outs of a secret in their order. @throws KeywardError `config` for an address that is none. */
export async function plannedRollouts(
  settings: readonly RolloutSettings[],
  context: RolloutContext,
): Promise<readonly PlannedRollout[]> {
  const planned: PlannedRollout[] = [];
  const seen = new Map<string, number>();
  for (const { driver, options, timeout: timeoutMs = defaultTimeoutMs, pause: pauseMs = 0, check } of settings) {
    for (const rollout of (await rolloutKinds.get(driver)?.create(options, context)) ?? []) {
      const count = (seen.get(rollout.name) ?? 0) + 1;
      seen.set(rollout.name, count);
      const named = count === 1 ? rollout : { ...rollout, name: `${rollout.name} (${count})` };
      planned.push({ rollout: named, timeoutMs, pauseMs, check: check && plannedCheck(check, context) });
    }
  }
  return planned;
}

function plannedCheck({ http, exec, within: withinMs = defaultWithinMs }: RolloutCheck, context: RolloutContext) {
  const asked = [
    ...(http === undefined ? [] : [httpCheck(http, context.clock)]),
    ...(exec === undefined ? [] : [execCheck(exec, context)]),
  ];
  const ask = async () => {
    for (const one of asked) {
      const problem = await one();
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return { ask, withinMs };
}
