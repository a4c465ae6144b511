import type { AccessTarget } from '../operations/operation.js';
import type { Policy, PolicyRule } from './policy.js';

export interface Decision {
  readonly allowed: boolean;
  /** The rule that decided, as `path (policy, policy)`; `none` when no rule matches. */
  readonly rule: string;
}

/** All rules of one path string, over all policies. They decide together. */
interface Candidate {
  readonly path: string;
  readonly kind: 'exact' | 'pattern';
  readonly rank: Rank;
  readonly rules: PolicyRule[];
  readonly policies: Set<string>;
}

interface Rank {
  /** Where the first wildcard stands; the length of a path without one. */
  readonly literal: number;
  readonly isPrefix: boolean;
  readonly wildcards: number;
  readonly stem: string;
}

/**
 * Whether the policies allow the target. Nothing is allowed unless a rule says so; rules of one path string count as
 * one, `deny` winning and capabilities united; among different path strings the most specific one that matches decides
 * alone, in the order of Vault's policy language (https://developer.hashicorp.com/vault/docs/concepts/policies).
 *
 * A list target ends in `/`. As in Vault, a rule written without that slash decides when none with it is exact. Here a
 * matching rule that denies, with or without the slash, is never passed over for a less specific one that grants
 * (OpenBao advisory GHSA-xp3c-3jw3-4vcr).
 */
export function decide(policies: readonly Policy[], target: AccessTarget): Decision {
  const candidate = decidingCandidate(policies, target);
  if (candidate === undefined) return { allowed: false, rule: 'none' };
  const allowed = !denies(candidate) && candidate.rules.some((rule) => grants(rule, target));
  return { allowed, rule: `${candidate.path} (${[...candidate.policies].join(', ')})` };
}

function decidingCandidate(policies: readonly Policy[], target: AccessTarget): Candidate | undefined {
  const full = matching(policies, target.policyPath);
  if (target.capability !== 'list' || !target.policyPath.endsWith('/')) return mostSpecific(full);
  const bare = matching(policies, target.policyPath.slice(0, -1));
  const chosen = full.find(isExact) ?? bare.find(isExact) ?? mostSpecific(full) ?? mostSpecific(bare);
  const denial = mostSpecific([...full, ...bare].filter(denies));
  if (chosen === undefined || denial === undefined) return chosen;
  return compareRank(denial.rank, chosen.rank) > 0 ? denial : chosen;
}

function matching(policies: readonly Policy[], path: string): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const policy of policies) {
    for (const rule of policy.rules) {
      if (!matches(rule.path, path)) continue;
      const candidate = candidates.get(rule.path) ?? newCandidate(rule.path);
      candidate.rules.push(rule);
      candidate.policies.add(policy.name);
      candidates.set(rule.path, candidate);
    }
  }
  return [...candidates.values()];
}

function newCandidate(path: string): Candidate {
  const isPrefix = path.endsWith('*');
  const stem = isPrefix ? path.slice(0, -1) : path;
  const segments = stem.split('/');
  const firstPlus = segments.indexOf('+');
  const literal = firstPlus < 0 ? stem.length : segments.slice(0, firstPlus).join('/').length + (firstPlus > 0 ? 1 : 0);
  const wildcards = segments.filter((segment) => segment === '+').length;
  const kind = isPrefix || wildcards > 0 ? 'pattern' : 'exact';
  return { path, kind, rank: { literal, isPrefix, wildcards, stem }, rules: [], policies: new Set() };
}

/** As in Vault, `+` also stands for the empty segment after a final slash. */
function matches(rulePath: string, path: string): boolean {
  const isPrefix = rulePath.endsWith('*');
  const pattern = (isPrefix ? rulePath.slice(0, -1) : rulePath).split('/');
  const segments = path.split('/');
  if (isPrefix ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((part, index) => {
    const segment = segments[index] ?? '';
    if (part === '+' || part === segment) return true;
    return isPrefix && index === pattern.length - 1 && segment.startsWith(part);
  });
}

function mostSpecific(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>(
    (best, next) => (best === undefined || compareRank(next.rank, best.rank) > 0 ? next : best),
    undefined,
  );
}

/** Greater than zero when `a` is the more specific one. */
function compareRank(a: Rank, b: Rank): number {
  if (a.literal !== b.literal) return a.literal - b.literal;
  if (a.isPrefix !== b.isPrefix) return a.isPrefix ? -1 : 1;
  if (a.wildcards !== b.wildcards) return b.wildcards - a.wildcards;
  if (a.stem.length !== b.stem.length) return a.stem.length - b.stem.length;
  if (a.stem === b.stem) return 0;
  return a.stem > b.stem ? 1 : -1;
}

function grants(rule: PolicyRule, { capability, field }: AccessTarget): boolean {
  if (!rule.capabilities.includes(capability)) return false;
  if (rule.fields === undefined) return true;
  return (capability === 'read' || capability === 'patch') && field !== undefined && rule.fields.includes(field);
}

function isExact(candidate: Candidate): boolean {
  return candidate.kind === 'exact';
}

function denies(candidate: Candidate): boolean {
  return candidate.rules.some((rule) => rule.capabilities.includes('deny'));
}
