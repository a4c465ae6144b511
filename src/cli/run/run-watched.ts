import { systemClock } from '../../core/clock.js';
import type { Invocation } from '../command.js';
import { withWorkspace } from '../session.js';
import { collectValues, noteCollected } from './collect-values.js';
import { keepRunning } from './keep-running.js';
import { createLauncher } from './launcher.js';
import type { RunPlan } from './run-plan.js';

/** A cache time of 0 means "ask every time"; the stores still need a moment of peace. */
const shortestIntervalMs = 5_000;

/** Runs the program as `--watch` says, with the stores open all the while. Answers the program's exit status. */
export function runWatched(
  invocation: Invocation,
  plan: RunPlan,
  { signal, killAfterMs }: NonNullable<RunPlan['watch']>,
): Promise<number> {
  return withWorkspace(
    invocation,
    async (workspace) => {
      const collected = await collectValues(workspace, plan);
      noteCollected(invocation, collected);
      const launcher = await createLauncher(invocation, plan);
      const read = async () => {
        const { values } = await collectValues(workspace, plan);
        launcher.check(values);
        return values;
      };
      const subscribe = (onHint: () => void) => {
        const watchable = workspace.providers.filter(({ capabilities }) => capabilities.has('watch'));
        const stops = watchable.map((provider) => provider.watch('', onHint));
        return () => stops.forEach((stop) => void stop());
      };
      try {
        return await keepRunning({
          first: collected.values,
          launcher,
          signal,
          killAfterMs,
          read,
          subscribe,
          intervalMs: Math.max(workspace.config.cache.ttlMs, shortestIntervalMs),
          clock: systemClock,
          report: (text) => invocation.output.note(`keyward: ${text}`),
        });
      } finally {
        launcher.close();
      }
    },
    { readThrough: true },
  );
}
