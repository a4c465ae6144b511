import { describe, expect, test } from 'vitest';
import { capabilityFindings, identityOf, type NeededPath, tokenFindings } from './token-diagnosis.js';
import { membersOf } from './vault-answer.js';

const members = (value: object) => membersOf(JSON.stringify(value)) ?? new Map();
const read: NeededPath = { path: 'secret/data/app', capability: 'read' };
const held = (...capabilities: string[]) => members({ data: { 'secret/data/app': capabilities } });
const causes = (answer: ReturnType<typeof held>, ...needed: NeededPath[]) =>
  capabilityFindings(answer, needed, 'vault').map(({ severity, cause }) => `${severity}: ${cause}`);

describe('what a token may do', () => {
  test('exactly what is needed is no finding', () => {
    expect(causes(held('read'), read)).toEqual([]);
    expect(causes(held('create', 'read', 'update'), read, { ...read, capability: 'update' })).toEqual([]);
  });

  test('what is missing is an error that names the rule to add', () => {
    expect(causes(held('deny'), read)).toEqual(['error: the token lacks read on secret/data/app']);
    expect(causes(members({ data: {} }), read)).toHaveLength(1);
    expect(capabilityFindings(held('deny'), [read], 'vault')[0]?.fix).toContain('path "secret/data/app"');
  });

  test('what it may change and nobody writes is a warning', () => {
    expect(causes(held('read', 'update'), read)).toEqual([
      'warning: the token may also change secret/data/app, and nothing here writes to it',
    ]);
  });

  test('a root token and one without an end are said, and the token itself is not', () => {
    expect(tokenFindings(members({ policies: ['root'], ttl: 0 }), 'vault')).toMatchObject([{ severity: 'error' }]);
    expect(tokenFindings(members({ policies: ['bot'], ttl: 0 }), 'vault')).toMatchObject([{ severity: 'warning' }]);
    expect(tokenFindings(members({ policies: ['bot'], ttl: 60 }), 'vault')).toEqual([]);
    const token = members({ id: 'canary', display_name: 'approle', policies: ['bot'] });
    expect(identityOf(token)).toBe('approle (policies: bot)');
  });
});
