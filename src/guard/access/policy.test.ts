import { describe, expect, test } from 'vitest';
import { checkedPolicy, ownerPolicy, type PolicyRule } from './policy.js';

const check = (rule: PolicyRule) => () => checkedPolicy({ name: 'p', rules: [rule] });

describe('a policy', () => {
  test('is refused where a rule cannot mean what it says', () => {
    expect(check({ path: '', capabilities: ['read'] })).toThrow(/the path is empty/);
    expect(check({ path: '/a', capabilities: ['read'] })).toThrow(/begins with a slash/);
    expect(check({ path: 'a/+*', capabilities: ['read'] })).toThrow(/not allowed/);
    expect(check({ path: 'a', capabilities: [] })).toThrow(/no capabilities/);
    expect(check({ path: 'a', capabilities: ['read'], fields: [] })).toThrow(/fields is empty/);
    expect(check({ path: 'a', capabilities: ['update'], fields: ['x'] })).toThrow(/read and patch only/);
    expect(check({ path: 'a', capabilities: ['deny'], fields: ['x'] })).toThrow(/read and patch only/);
  });

  test('is itself when it is sound', () => {
    expect(checkedPolicy(ownerPolicy)).toBe(ownerPolicy);
    expect(check({ path: 'a/+/b*', capabilities: ['read'], fields: ['x'] })).not.toThrow();
  });
});
