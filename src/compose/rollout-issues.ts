import { formatDuration } from '../core/duration.js';
import type { ConfigIssue } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';
import { rolloutKinds } from './rollout-registry.js';

/** Nobody would wait for it. */
const longestMs = 3_600_000;

/** What is wrong with the roll-outs of a file. */
export function rolloutIssues({ secrets = {} }: ConfigFile): readonly ConfigIssue[] {
  return Object.entries(secrets).flatMap(([key, entry]) =>
    (entry?.rollout ?? []).flatMap(({ driver, options, timeout = 0, pause = 0, check }, index) => {
      const problems = [...(rolloutKinds.get(driver)?.problems?.(options) ?? [])];
      if (entry?.rotator === undefined) problems.push('a roll-out comes after a rotation, and there is no `rotator:`');
      if (Math.max(timeout, pause, check?.within ?? 0) > longestMs) {
        problems.push(`\`timeout\`, \`pause\` and \`within\` are at most ${formatDuration(longestMs)}`);
      }
      if (check !== undefined && check.http === undefined && check.exec === undefined) {
        problems.push('a `check` has `http` or `exec`');
      }
      return problems.map((problem) => ({ keyPath: ['secrets', key, 'rollout', index], problem }));
    }),
  );
}
