import { type ConfigIssue, type PlacedIssue, placeIssues } from './config-issues.js';
import { type ConfigLayers, states } from './config-layers.js';
import type { ConfigFile } from './config-schema.js';
import { partIssues } from './derived-issues.js';
import { inventoryOf } from './file-inventory.js';
import { rolloutIssues } from './rollout-issues.js';
import { rotatorIssues } from './rotator-issues.js';

/** What is wrong with all files together, for the first file that says something wrong. */
export function mergedIssues({
  files,
  merged,
}: ConfigLayers): { readonly file: string; readonly issues: readonly PlacedIssue[] } | undefined {
  const issues = [
    ...partIssues(inventoryOf(merged)),
    ...writeIssues(merged),
    ...cacheIssues(merged),
    ...rotatorIssues(merged),
    ...rolloutIssues(merged),
  ];
  for (const { file, parsed, locate } of files) {
    const own = issues.filter(({ keyPath }) => states(parsed, keyPath));
    if (own.length > 0) return { file, issues: placeIssues(file, locate, own) };
  }
  return undefined;
}

function writeIssues({ write, providers }: ConfigFile): readonly ConfigIssue[] {
  if (write === undefined || providers === undefined) return [];
  const names = providers.map(({ kind, options }) => options.name ?? kind);
  if (names.includes(write)) return [];
  return [{ keyPath: ['write'], problem: `no provider is called that; the chain has ${names.join(', ')}` }];
}

function cacheIssues({ cache }: ConfigFile): readonly ConfigIssue[] {
  if (cache?.offline !== true || cache.maxStale !== 0) return [];
  return [{ keyPath: ['cache'], problem: '`offline` keeps values for an outage, and `maxStale` of 0 gives none' }];
}
