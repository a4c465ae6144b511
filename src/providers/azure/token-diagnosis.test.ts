import { expect, test } from 'vitest';
import { tokenDiagnosis } from './token-diagnosis.js';

const tokenOf = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.canary`;
const application = { appid: 'app-1', oid: 'object-1', tid: 'tenant-1' };

test('a token tells the application or user, the object and the tenant', () => {
  const identity = 'app app-1, object object-1, tenant tenant-1';
  expect(tokenDiagnosis(tokenOf(application), 'azure')).toEqual({ identity, findings: [] });
  const user = tokenDiagnosis(tokenOf({ upn: 'who@example.com', azp: 'cli' }), 'azure');
  expect(user.identity).toBe('user who@example.com, app cli');
});

test('a sign-in by client secret is a warning, one by certificate or identity is not', () => {
  const severities = (more: object) =>
    tokenDiagnosis(tokenOf({ ...application, ...more }), 'azure').findings.map(({ severity }) => severity);
  expect(severities({ appidacr: '1' })).toEqual(['warning']);
  expect(severities({ azpacr: '1' })).toEqual(['warning']);
  expect(severities({ appidacr: '2' })).toEqual([]);
  expect(severities({ appidacr: '0' })).toEqual([]);
});

test.each([
  'opaque',
  '',
  'a.b.c',
  'a.e30',
  tokenOf(null),
  tokenOf([]),
  tokenOf({ appid: 7, oid: '\u001b[2J', tid: '', upn: 'x'.repeat(129) }),
])('of another token nothing is told: %#', (token) => {
  expect(tokenDiagnosis(token, 'azure')).toEqual({ identity: undefined, findings: [] });
});
