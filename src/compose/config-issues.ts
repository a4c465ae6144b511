import type * as v from 'valibot';
import { closest } from '../core/closest.js';
import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';
import type { YamlConfig } from '../formats/yaml.js';

const maxIssues = 10;

/** One thing that is wrong in a configuration file. */
export interface ConfigIssue {
  /** Keys from the root of the file to the place; numbers are positions in lists. */
  readonly keyPath: readonly (string | number)[];
  /** A sentence without the offending value: it could be a secret in the wrong place. */
  readonly problem: string;
}

/** Which keys the schema knows in the mapping at a place. */
export type KnownKeys = (keyPath: readonly (string | number)[]) => readonly string[];

/** The schema's findings in words: what was expected there, and which key was probably meant. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], knownKeys: KnownKeys): readonly ConfigIssue[] {
  return issues.flatMap((issue) => describeIssue(issue, knownKeys));
}

function describeIssue(issue: v.BaseIssue<unknown>, knownKeys: KnownKeys): readonly ConfigIssue[] {
  const keyPath = (issue.path ?? []).flatMap((item) =>
    typeof item.key === 'string' || typeof item.key === 'number' ? [item.key] : [],
  );
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    // The schema names the first one only.
    const parent = keyPath.slice(0, -1);
    const known = knownKeys(parent);
    const keys = Object.keys(issue.path?.at(-1)?.input ?? {}).filter((key) => !known.includes(key));
    return keys.map((key) => ({ keyPath: [...parent, key], problem: unknownKey(key, known) }));
  }
  return [{ keyPath, problem: `expected ${expectation(issue)}, found ${typeName(issue.input)}` }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = closest(key, known);
  const hint = meant === undefined ? `known keys here: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `unknown key ${quoted(key)}; ${hint}`;
}

function expectation(issue: v.BaseIssue<unknown>): string {
  // Messages that the schema states itself read as what is expected; the library's own ones quote the value.
  const isOwn = !/^Invalid /.test(issue.message);
  return isOwn ? issue.message : (issue.expected ?? 'something else').toLowerCase();
}

function typeName(input: unknown): string {
  if (input === null || input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  if (typeof input === 'string') return 'another text';
  return `a ${typeof input}`;
}

/** One thing that is wrong, with the place in words: `keyward.yaml:3:5`. */
export interface PlacedIssue {
  readonly where: string;
  readonly problem: string;
}

/** The issues with line and column, as far as the keys exist. */
export function placeIssues(
  file: string,
  locate: YamlConfig['locate'],
  issues: readonly ConfigIssue[],
): readonly PlacedIssue[] {
  return issues.map(({ keyPath, problem }) => {
    const place = locate(keyPath);
    return {
      where: place === undefined ? file : `${file}:${place.line}:${place.column}`,
      problem: `${keyPath.length === 0 ? '' : `${keyPath.join('.')}: `}${problem}`,
    };
  });
}

/** One error for all of them. */
export function issuesError(file: string, issues: readonly PlacedIssue[]): KeywardError {
  const lines = issues.slice(0, maxIssues).map(({ where, problem }) => `${where}: ${problem}`);
  if (issues.length > maxIssues)
    lines.push(`and ${issues.length - maxIssues} more; see all with: keyward config check`);
  return new KeywardError('config', lines.join('\n'), {
    store: file,
    advice: 'See docs/reference/configuration.md for every key.',
  });
}
