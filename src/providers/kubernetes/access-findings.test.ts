import { expect, test } from 'vitest';
import { accessFindings, readRules } from './access-findings.js';

const needed = { store: 'k', namespace: 'bots', names: ['kw-a', 'kw-b'], writes: false };
const secrets = { groups: [''], resources: ['secrets'] };
const severities = (...args: Parameters<typeof accessFindings>) =>
  accessFindings(...args).map(({ severity }) => severity);

test('get on what is needed is enough, and less is missed', () => {
  expect(accessFindings([{ ...secrets, verbs: ['get'], names: ['kw-a', 'kw-b'] }], needed)).toEqual([]);
  const [missing, ...more] = accessFindings([{ ...secrets, verbs: ['get'], names: ['kw-a'] }], needed);
  expect(more).toEqual([]);
  expect(missing).toMatchObject({ severity: 'error', cause: expect.stringContaining('kw-b') });
  expect(missing?.fix).toContain('--resource-name=kw-b');
  expect(missing?.fix).not.toContain('kw-a');
});

test('what reaches every Secret is too much', () => {
  expect(severities([{ ...secrets, verbs: ['get'], names: [] }], needed)).toEqual(['warning']);
  expect(severities([{ ...secrets, verbs: ['*'], names: [] }], { ...needed, writes: true })).toEqual(['warning']);
  const named = { ...secrets, verbs: ['get', 'list', 'watch'], names: ['kw-a', 'kw-b'] };
  expect(accessFindings([named], needed)).toEqual([]);
});

test('writing needs more', () => {
  const rules = [
    { ...secrets, verbs: ['get', 'patch'], names: ['kw-a', 'kw-b'] },
    { ...secrets, verbs: ['create'], names: [] },
  ];
  expect(accessFindings(rules, { ...needed, writes: true })).toEqual([]);
  expect(severities(rules.slice(1), { ...needed, writes: true })).toEqual(['error', 'error']);
});

test('only the rules about Secrets count', () => {
  const rule = (more: object) => ({ verbs: ['get'], apiGroups: [''], resources: ['secrets'], ...more });
  const judged = (more: object) => severities(readRules({ status: { resourceRules: [rule(more)] } }) ?? [], needed);
  expect(judged({})).toEqual(['warning']);
  expect(judged({ apiGroups: ['*'], resources: ['*'] })).toEqual(['warning']);
  expect(judged({ apiGroups: ['apps'] })).toEqual(['error']);
  expect(judged({ resources: ['pods', 'secrets/status'] })).toEqual(['error']);
  expect(readRules({ status: {} })).toBeUndefined();
});

test('who may start programs reaches every Secret by a detour', () => {
  const get = { ...secrets, verbs: ['get'], names: ['kw-a', 'kw-b'] };
  const create = { groups: [''], resources: ['pods', 'configmaps'], verbs: ['create'], names: [] };
  const [finding, ...more] = accessFindings([get, create], needed);
  expect(finding?.cause).toContain('may create pods in bots');
  expect(more).toEqual([]);
  expect(accessFindings([get, { ...create, verbs: ['get', 'list'] }], needed)).toEqual([]);
});
