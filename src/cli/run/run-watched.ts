import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import type { Invocation } from '../command.js';
import { openSession, withWorkspace } from '../session.js';
import { collectValues, noteCollected } from './collect-values.js';
import { keepRunning } from './keep-running.js';
import { createLauncher } from './launcher.js';
import type { RunPlan } from './run-plan.js';
import type { ValueSource, Values } from './value-watch.js';

/** A cache time of 0 means "ask every time"; the stores still need a moment of peace. */
const shortestIntervalMs = 5_000;

/** Runs the program as `--watch` says. Answers the program's exit status. */
export async function runWatched(
  invocation: Invocation,
  plan: RunPlan,
  { signal, killAfterMs }: NonNullable<RunPlan['watch']>,
): Promise<number> {
  const { collected, ttlMs } = await withWorkspace(invocation, async (workspace) => ({
    collected: await collectValues(workspace, plan),
    ttlMs: workspace.config.cache.ttlMs,
  }));
  noteCollected(invocation, collected);
  const launcher = await createLauncher(invocation, plan);
  const connect = async () => {
    const workspace = await openSession(invocation, { readThrough: true });
    return sourceOf(workspace, async () => {
      const { values } = await collectValues(workspace, plan);
      launcher.check(values);
      return values;
    });
  };
  try {
    return await keepRunning({
      first: collected.values,
      launcher,
      signal,
      killAfterMs,
      connect,
      intervalMs: Math.max(ttlMs, shortestIntervalMs),
      clock: systemClock,
      report: (text) => invocation.output.note(`keyward: ${text}`),
    });
  } finally {
    launcher.close();
  }
}

function sourceOf(workspace: Workspace, read: () => Promise<Values>): ValueSource {
  return {
    read,
    subscribe: (onHint) => {
      const watchable = workspace.providers.filter(({ capabilities }) => capabilities.has('watch'));
      const stops = watchable.map((provider) => provider.watch('', onHint));
      return () => {
        for (const stop of stops) stop();
      };
    },
    close: () => workspace.close(),
  };
}
