import { formatDuration } from '../core/duration.js';
import { minimumGraceMs } from '../lifecycle/rotation/grace.js';
import { cacheOf } from './config.js';
import type { ConfigIssue } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';

/** The longest step: the program must end before another process may go on in its place. */
const longestTimeoutMs = 60_000;

/** What is wrong with the rotators of all files together: what a grace must last depends on the cache. */
export function rotatorIssues({ secrets = {}, cache }: ConfigFile): readonly ConfigIssue[] {
  return Object.entries(secrets).flatMap(([key, entry]) => {
    const rotator = entry?.rotator;
    if (rotator === undefined) return [];
    const { random, keypair, exec, postgres, kind, timeout = 0, env, field, grace, connections = 0 } = rotator;
    const problems: string[] = [];
    if ([random, keypair, exec, postgres].filter((driver) => driver !== undefined).length !== 1) {
      problems.push('expected one of `random`, `keypair`, `exec` and `postgres`');
    }
    if (exec !== undefined && kind === undefined) {
      problems.push('`exec` needs `kind`: overlap, swap or verifier');
    }
    if (exec === undefined && [kind, timeout || undefined, env].some((setting) => setting !== undefined)) {
      problems.push('`kind`, `timeout` and `env` are of `exec`');
    }
    if (timeout > longestTimeoutMs) problems.push(`a \`timeout\` is at most ${formatDuration(longestTimeoutMs)}`);
    const { users, administrator } = postgres ?? {};
    const hasOneValue = random !== undefined || users?.length === 1;
    if (!hasOneValue && field !== undefined) problems.push('`field` is of `random` and of one user of `postgres`');
    if (users?.length === 2 && administrator === undefined) problems.push('two `users` need an `administrator`');
    if (users !== undefined && new Set(users).size < users.length) problems.push('`users` names one twice');
    if (administrator === key) problems.push('the `administrator` is another secret');
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
    return problems.map((problem) => ({ keyPath: ['secrets', key, 'rotator'], problem }));
  });
}
