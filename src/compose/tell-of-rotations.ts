import type { Clock } from '../core/clock.js';
import { toKeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Path } from '../core/path.js';
import { type NewsContext, newsOf, reminderOf } from '../lifecycle/rotation/rotation-news.js';
import type { WatchedRotations } from '../lifecycle/rotation/watch-rotations.js';
import { openNotifier } from './notifications.js';
import type { Rotations } from './rotations.js';
import type { Workspace } from './workspace.js';

export interface TellOptions {
  readonly onFinding: (finding: Finding) => void;
  readonly clock: Clock;
  /** Whether people are reminded of what has no rotator, too. */
  readonly isAll: boolean;
}

/** What tells people of the project's rotations: what became of them, and what is late or soon to be done by hand. */
export async function tellOfRotations(
  workspace: Workspace,
  rotations: Rotations,
  { onFinding, clock, isAll }: TellOptions,
): Promise<WatchedRotations['tell']> {
  const { config } = workspace;
  if (config.notifications === undefined) return async () => undefined;
  const notifier = await openNotifier(workspace, { onFinding, clock });
  const contextOf = (path: Path): NewsContext => ({
    project: config.project,
    environment: config.environment,
    owner: config.inventory.get(path)?.owner,
    atMs: clock.now(),
  });
  const byHand = async () => {
    try {
      return await rotations.byHand();
    } catch (error) {
      const { message: cause, advice: fix } = toKeywardError(error, 'what people rotate');
      onFinding({ severity: 'warning', where: 'rotations', cause, fix });
      return [];
    }
  };
  return async (statuses, outcomes) => {
    for (const outcome of outcomes) {
      const news = newsOf(outcome, contextOf(outcome.path));
      if (news !== undefined) await notifier.notify(news);
    }
    const done = new Set(outcomes.map(({ path }) => path));
    for (const status of statuses) {
      if ('error' in status || done.has(status.path)) continue;
      const reminder = reminderOf(status, contextOf(status.path));
      // What is done by itself is no news before it is late.
      const isNews = reminder !== undefined && (status.isOverdue || (await rotations.isGuided(status.path)));
      if (isNews) await notifier.notify(reminder);
    }
    for (const status of isAll ? await byHand() : []) {
      if ('error' in status) continue;
      const reminder = reminderOf(status, contextOf(status.path), `keyward set ${status.path}`);
      if (reminder !== undefined) await notifier.notify(reminder);
    }
  };
}
