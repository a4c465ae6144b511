import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessCapability, AccessTarget } from '../operations/operation.js';
import { decide } from './decide.js';
import { ownerPolicy, type Policy, type PolicyRule, type RuleCapability } from './policy.js';

const allow = (path: string, ...capabilities: RuleCapability[]): PolicyRule => ({ path, capabilities });
const policy = (name: string, ...rules: PolicyRule[]): Policy => ({ name, rules });
const one = (...rules: PolicyRule[]) => [policy('p', ...rules)];
const target = (policyPath: string, capability: AccessCapability = 'read', field?: string): AccessTarget => ({
  policyPath,
  capability,
  field,
});
const isAllowed = (policies: readonly Policy[], asked: AccessTarget) => decide(policies, asked).allowed;

describe('the decision', () => {
  test('without a matching rule the answer is no', () => {
    expect(decide([], target('secret/data/a'))).toEqual({ allowed: false, rule: 'none' });
    expect(decide(one(allow('secret/data/b', 'read')), target('secret/data/a')).rule).toBe('none');
  });

  test('a rule grants only what it lists', () => {
    const policies = one(allow('secret/data/a', 'read'));
    expect(isAllowed(policies, target('secret/data/a', 'read'))).toBe(true);
    expect(isAllowed(policies, target('secret/data/a', 'update'))).toBe(false);
  });

  test('a final star is a prefix of text, not of segments; elsewhere it is literal', () => {
    const policies = one(allow('secret/data/zip-*', 'read'), allow('a/*/b', 'read'));
    expect(isAllowed(policies, target('secret/data/zip-1/x'))).toBe(true);
    expect(isAllowed(policies, target('secret/data/zip'))).toBe(false);
    expect(isAllowed(policies, target('a/x/b'))).toBe(false);
    expect(isAllowed(policies, target('a/*/b'))).toBe(true);
  });

  test('a plus is one whole segment; a segment that merely contains one is literal', () => {
    const policies = one(allow('a/+/c', 'read'), allow('x+y', 'read'));
    expect(isAllowed(policies, target('a/b/c'))).toBe(true);
    expect(isAllowed(policies, target('a/b/b/c'))).toBe(false);
    expect(isAllowed(policies, target('a/c'))).toBe(false);
    expect(isAllowed(policies, target('x+y'))).toBe(true);
    expect(isAllowed(policies, target('xzy'))).toBe(false);
  });

  test.each([
    ['the exact path', 'a/b/c', 'a/b/*'],
    ['a later wildcard', 'a/b/*', 'a/+/c'],
    ['a later plus', 'a/b/+', 'a/+/c'],
    ['a path over a prefix', 'a/+/c', 'a/*'],
    ['a longer prefix', 'a/b*', 'a/*'],
    ['fewer plus segments', 'a/+/c*', 'a/+/+*'],
    ['a longer pattern', 'a/+/c*', 'a/+/*'],
  ])('%s decides alone', (_, winner, loser) => {
    expect(isAllowed(one(allow(winner, 'deny'), allow(loser, 'read')), target('a/b/c'))).toBe(false);
    expect(isAllowed(one(allow(loser, 'deny'), allow(winner, 'read')), target('a/b/c'))).toBe(true);
    expect(isAllowed(one(allow(winner, 'list'), allow(loser, 'read')), target('a/b/c'))).toBe(false);
  });

  test('rules of one path string are united over all policies, and deny wins among them', () => {
    const reader = policy('reader', allow('a', 'read'));
    const writer = policy('writer', allow('a', 'update'));
    const banned = policy('banned', allow('a', 'deny'));
    expect(isAllowed([reader, writer], target('a', 'read'))).toBe(true);
    expect(isAllowed([reader, writer], target('a', 'update'))).toBe(true);
    expect(decide([reader, writer, banned], target('a', 'read'))).toEqual({
      allowed: false,
      rule: 'a (reader, writer, banned)',
    });
  });

  test('a rule with fields grants those fields by name and nothing of the whole document', () => {
    const policies = one({ path: 'secret/data/a', capabilities: ['read', 'patch'], fields: ['key'] });
    expect(isAllowed(policies, target('secret/data/a', 'read', 'key'))).toBe(true);
    expect(isAllowed(policies, target('secret/data/a', 'patch', 'key'))).toBe(true);
    expect(isAllowed(policies, target('secret/data/a', 'read', 'other'))).toBe(false);
    expect(isAllowed(policies, target('secret/data/a', 'read'))).toBe(false);
    expect(isAllowed(policies, target('secret/data/a', 'update', 'key'))).toBe(false);
  });

  test('a list follows rules with and without the final slash', () => {
    expect(isAllowed(one(allow('m/a/', 'list')), target('m/a/', 'list'))).toBe(true);
    expect(isAllowed(one(allow('m/a', 'list')), target('m/a/', 'list'))).toBe(true);
    expect(isAllowed(one(allow('m/+', 'list')), target('m/a/', 'list'))).toBe(true);
    expect(isAllowed(one(allow('m/a', 'read')), target('m/a/', 'read'))).toBe(false);
  });

  test.each([
    ['m/a', 'm/a/*'],
    ['m/a', 'm/a/'],
    ['m/*', 'm/+'],
    ['m/*', 'm/a*'],
    ['m/+', 'm/a/*'],
  ])('a list granted by %s never slips past the more specific denial of %s', (granted, denied) => {
    expect(isAllowed(one(allow(granted, 'list'), allow(denied, 'deny')), target('m/a/', 'list'))).toBe(false);
  });

  test('the owner may do everything', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('create', 'list', 'sudo', 'delete'), (path, capability) => {
        expect(isAllowed([ownerPolicy], target(path, capability))).toBe(true);
      }),
    );
  });
});

const segment = fc.constantFrom('a', 'b', 'ab', 'a+', '');
const pathText = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const ruleSegment = fc.constantFrom('a', 'b', 'ab', 'a+', '', '+', '+');
const rulePath = fc
  .tuple(fc.array(ruleSegment, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, isPrefix]) => `${parts.join('/')}${isPrefix ? '*' : ''}`);
const capability = fc.constantFrom<AccessCapability>('read', 'patch', 'list', 'update');
const anyRule: fc.Arbitrary<PolicyRule> = fc.record({
  path: rulePath,
  capabilities: fc.uniqueArray(fc.oneof({ weight: 5, arbitrary: capability }, fc.constant<RuleCapability>('deny')), {
    minLength: 1,
    maxLength: 3,
  }),
  fields: fc.option(fc.uniqueArray(fc.constantFrom('x', 'y'), { minLength: 1 }), { nil: undefined, freq: 4 }),
});
const anyPolicies = fc.array(
  fc.record({ name: fc.constantFrom('p', 'q'), rules: fc.array(anyRule, { maxLength: 4 }) }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const anyTarget: fc.Arbitrary<AccessTarget> = fc.record({
  policyPath: pathText,
  capability,
  field: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
});

describe('the decision against a slow reference model', () => {
  test('both agree on twenty thousand random policies and targets', () => {
    fc.assert(
      fc.property(anyPolicies, anyTarget, (policies, asked) => {
        expect(isAllowed(policies, asked)).toBe(referenceDecision(policies, asked));
      }),
      { numRuns: 20_000 },
    );
  });

  test('a denial added at the deciding path string is final', () => {
    fc.assert(
      fc.property(anyPolicies, anyTarget, (policies, asked) => {
        const { allowed, rule } = decide(policies, asked);
        fc.pre(allowed);
        const decidingPath = rule.slice(0, rule.indexOf(' ('));
        expect(isAllowed([...policies, policy('ban', allow(decidingPath, 'deny'))], asked)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

function referenceDecision(policies: readonly Policy[], asked: AccessTarget): boolean {
  const rules = policies.flatMap((candidate) => candidate.rules);
  const paths = [...new Set(rules.map((rule) => rule.path))].sort((a, b) => (beats(a, b) ? -1 : 1));
  const isDenied = (path: string) => rules.some((rule) => rule.path === path && rule.capabilities.includes('deny'));
  const isWild = (path: string) => /(^|\/)\+(\/|\*?$)/.test(path) || path.endsWith('*');
  const fits = (path: string, asText: string) => pattern(path).test(asText);

  const isList = asked.capability === 'list' && asked.policyPath.endsWith('/');
  const full = asked.policyPath;
  const bare = isList ? full.slice(0, -1) : undefined;
  const steps = [
    paths.filter((path) => !isWild(path) && path === full),
    paths.filter((path) => !isWild(path) && path === bare),
    paths.filter((path) => isWild(path) && fits(path, full)),
    paths.filter((path) => isWild(path) && bare !== undefined && fits(path, bare)),
  ];
  const chosen = steps.find((step) => step.length > 0)?.[0];
  if (chosen === undefined || isDenied(chosen)) return false;
  if (steps.flat().some((path) => isList && isDenied(path) && beats(path, chosen))) return false;
  return rules.some(
    (rule) =>
      rule.path === chosen &&
      rule.capabilities.includes(asked.capability) &&
      (rule.fields === undefined ||
        (['read', 'patch'].includes(asked.capability) && rule.fields.includes(asked.field ?? 'no field'))),
  );
}

function pattern(path: string): RegExp {
  const isPrefix = path.endsWith('*');
  const parts = (isPrefix ? path.slice(0, -1) : path).split('/');
  const source = parts.map((part) => (part === '+' ? '[^/]*' : part.replaceAll('+', '\\+'))).join('/');
  const endsInPlus = parts.at(-1) === '+';
  return new RegExp(`^${source}${isPrefix ? (endsInPlus ? '(/.*)?' : '.*') : ''}$`);
}

function beats(a: string, b: string): boolean {
  const rank = (path: string) => {
    const isPrefix = path.endsWith('*');
    const stem = isPrefix ? path.slice(0, -1) : path;
    const plus = /(?<=^|\/)\+(?=\/|$)/.exec(stem)?.index;
    const count = stem.split('/').filter((part) => part === '+').length;
    return { position: plus ?? stem.length, open: isPrefix ? 0 : 1, count: -count, size: stem.length, stem };
  };
  const [left, right] = [rank(a), rank(b)];
  for (const key of ['position', 'open', 'count', 'size'] as const) {
    if (left[key] !== right[key]) return left[key] > right[key];
  }
  return left.stem > right.stem;
}
