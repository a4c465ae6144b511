import { formatDuration } from '../core/duration.js';
import { minimumGraceMs } from '../lifecycle/rotation/grace.js';
import { cacheOf } from './config.js';
import type { ConfigIssue } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';
import { rotatorKinds } from './rotator-registry.js';

/** What is wrong with the rotators of all files together: what a grace must last depends on the cache. */
export function rotatorIssues({ secrets = {}, cache }: ConfigFile): readonly ConfigIssue[] {
  return Object.entries(secrets).flatMap(([key, entry]) => {
    const rotator = entry?.rotator;
    if (rotator === undefined) return [];
    const { driver, options, field, grace, connections = 0, retire, longest } = rotator;
    const kind = rotatorKinds.get(driver);
    const problems = [...(kind?.problems?.(options, key) ?? [])];
    const hasOneValue = kind?.hasOneValue(options) === true;
    if (!hasOneValue && field !== undefined) problems.push('it rotates fields of its own, and `field` is of one value');
    if (hasOneValue && entry?.fields !== undefined && (field === undefined || !entry.fields.includes(field))) {
      problems.push('`field` has to name one of the fields');
    }
    if (entry?.from !== undefined) problems.push('a secret with `from` rotates when its parts do');
    const least = minimumGraceMs({ ...cacheOf(cache), connectionsMs: connections });
    if (grace !== undefined && grace < least) {
      problems.push(
        `a grace of ${formatDuration(grace)} is too short: it takes ${formatDuration(least)} until nobody uses the former value (cache.ttl + cache.maxStale + connections + 1m for clocks)`,
      );
    }
    const watched = kind?.leastGraceMs;
    if (grace !== undefined && watched !== undefined && grace < watched) {
      problems.push(
        `a grace of ${formatDuration(grace)} is too short: with \`${driver}\` people watch the new value for ${formatDuration(watched)} before they take the former one back`,
      );
    }
    if (longest !== undefined && retire !== 'when-unused') {
      problems.push('`longest` is how long it waits with `retire: when-unused`');
    }
    if (longest !== undefined && longest < (grace ?? least)) {
      problems.push(
        `\`longest\` is counted from the promotion, as the grace of ${formatDuration(grace ?? least)} is: it cannot be shorter`,
      );
    }
    return problems.map((problem) => ({ keyPath: ['secrets', key, 'rotator'], problem }));
  });
}
