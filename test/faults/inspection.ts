import type { Report } from './child.js';

/** What the program `inspect` found in a store and its audit log. */
export interface Inspection {
  /** Without the time in which other processes had the processors. */
  readonly openedAfterMs: number;
  readonly secrets: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly rows: number;
  readonly audit: { readonly status: string; readonly entries: number };
  readonly records: number;
  /** Intents that were open when their process ended. */
  readonly recovered: number;
  readonly intents: readonly { readonly path: string; readonly outcomes: readonly string[] }[];
}

/** The highest version of each path that the program `write` said was written. */
export function acknowledgedVersions(reports: readonly Report[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { acknowledged, number } of reports) {
    if (typeof acknowledged === 'string')
      numbers.set(acknowledged, Math.max(numbers.get(acknowledged) ?? 0, Number(number)));
  }
  return numbers;
}

/** Where a store contradicts what its writers were told, or itself; each as a sentence. */
export function inspectionProblems(found: Inspection, acknowledged: ReadonlyMap<string, number>): readonly string[] {
  const problems: string[] = [];
  for (const [path, number] of acknowledged) {
    if ((found.secrets[path] ?? 0) < number) problems.push(`the acknowledged version ${number} of ${path} is lost`);
  }
  for (const version of found.wrong) problems.push(`${version} holds other bytes than were written`);
  for (const { path, outcomes } of found.intents) {
    if (outcomes.length !== 1) problems.push(`an intent to change ${path} was closed ${outcomes.length} times`);
  }
  for (const [path, versions] of Object.entries(found.secrets)) {
    const committed = found.intents.filter((intent) => intent.path === path && intent.outcomes[0] === 'committed');
    if (committed.length !== versions) {
      problems.push(`${path} has ${versions} versions, and the log calls ${committed.length} changes committed`);
    }
  }
  if (found.audit.status === 'broken') problems.push('the log does not verify');
  // The most that can be shown of a log; more would hide intents.
  if (found.records >= 10_000) problems.push('the log is too long to be shown whole');
  return problems;
}
