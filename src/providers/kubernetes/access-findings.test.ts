import { expect, test } from 'vitest';
import { accessFindings, readSecretRules } from './access-findings.js';

const needed = { store: 'k', namespace: 'bots', names: ['kw-a', 'kw-b'], writes: false };
const severities = (...args: Parameters<typeof accessFindings>) =>
  accessFindings(...args).map(({ severity }) => severity);

test('get on what is needed is enough, and less is missed', () => {
  expect(accessFindings([{ verbs: ['get'], names: ['kw-a', 'kw-b'] }], needed)).toEqual([]);
  const [missing, ...more] = accessFindings([{ verbs: ['get'], names: ['kw-a'] }], needed);
  expect(more).toEqual([]);
  expect(missing).toMatchObject({ severity: 'error', cause: expect.stringContaining('kw-b') });
  expect(missing?.fix).toContain('--resource-name=kw-b');
  expect(missing?.fix).not.toContain('kw-a');
});

test('what reaches every Secret is too much', () => {
  expect(severities([{ verbs: ['get'], names: [] }], needed)).toEqual(['warning']);
  expect(severities([{ verbs: ['*'], names: [] }], { ...needed, writes: true })).toEqual(['warning']);
  const named = { verbs: ['get', 'list', 'watch'], names: ['kw-a', 'kw-b'] };
  expect(accessFindings([named], needed)).toEqual([]);
});

test('writing needs more', () => {
  const rules = [
    { verbs: ['get', 'patch'], names: ['kw-a', 'kw-b'] },
    { verbs: ['create'], names: [] },
  ];
  expect(accessFindings(rules, { ...needed, writes: true })).toEqual([]);
  expect(severities(rules.slice(1), { ...needed, writes: true })).toEqual(['error', 'error']);
});

test('only the rules about Secrets count', () => {
  const rule = (more: object) => ({ verbs: ['get'], apiGroups: [''], resources: ['secrets'], ...more });
  const review = (...resourceRules: object[]) => readSecretRules({ status: { resourceRules } });
  expect(review(rule({}), rule({ apiGroups: ['*'], resources: ['*'] }))).toHaveLength(2);
  expect(review(rule({ apiGroups: ['apps'] }), rule({ resources: ['pods', 'secrets/status'] }))).toEqual([]);
  expect(readSecretRules({ status: {} })).toBeUndefined();
});
