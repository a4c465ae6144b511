import * as v from 'valibot';
import { expect, test } from 'vitest';
import { rolloutIssues } from './rollout-issues.js';
import { rolloutSchema } from './rollout-schema.js';

const rotator = { driver: 'random', options: {} };
const problems = (written: object, rest: object = { rotator }) =>
  rolloutIssues({ secrets: { 'a/b': { rollout: [v.parse(rolloutSchema, written)], ...rest } } }).map(
    ({ problem }) => problem,
  );

test.each([
  { exec: ['sh', 'x'] },
  { exec: { command: ['sh'], env: ['TARGET'] }, timeout: '1h', pause: '5m' },
  { systemd: 'bot.service', check: { http: 'https://bot.example.com/healthz', within: '30s' } },
  { signal: { pidFile: 'bot.pid', signal: 'SIGUSR1' }, check: { exec: ['true'] } },
  { files: { file: 'out', template: 'in' } },
  { docker: { service: 'bot', secret: 'password', field: 'password' } },
  { kubernetes: ['deployment/api', 'statefulset/db'] },
  { kubernetes: { workloads: ['daemonset/a.b'], secret: 'x', keys: { A_B: 'password' }, namespace: 'bots' } },
  { webhook: { url: 'https://bot.example.com/hook', secret: 'a/signing' } },
])('a roll-out is one of these: %j', (rollout) => {
  expect(problems(rollout)).toEqual([]);
});

test.each([
  {},
  { exec: ['sh'], systemd: 'a.service' },
  { exec: [] },
  { signal: { pidFile: 'x', signal: 'SIGKILL' } },
  { systemd: { unit: 'a.service', action: 'stop' } },
  { exec: ['sh'], check: { ftp: 'x' } },
  { webhook: { url: 'https://user:password@host/', secret: 'x' } },
])('the schema refuses %j', (rollout) => {
  expect(v.safeParse(rolloutSchema, rollout).success).toBe(false);
});

test.each([
  [{ systemd: 'bot' }, 'whole name'],
  [{ kubernetes: ['pod/api'] }, '`workloads`'],
  [{ kubernetes: ['deployment/../secrets'] }, '`workloads`'],
  [{ kubernetes: ['deployment/a', 'deployment/a'] }, 'twice'],
  [{ kubernetes: { workloads: ['deployment/a'], namespace: 'a/../b' } }, '`namespace`'],
  [{ kubernetes: { workloads: ['deployment/a'], secret: '../x' } }, '`secret`'],
  [{ kubernetes: { workloads: ['deployment/a'], keys: { a: 'b' } } }, '`keys` are of'],
  [{ docker: '-x' }, '`service`'],
  [{ files: { field: 'x' } }, '`file` is missing'],
  [{ files: { file: 'a', field: 'x', template: 'y' } }, 'either'],
  [{ signal: {} }, '`pidFile` is missing'],
  [{ webhook: { url: 'http://bot.example.com/', secret: 'a/b' } }, 'unencrypted'],
  [{ webhook: { url: 'https://bot.example.com/' } }, '`secret` is missing'],
  [{ exec: ['sh'], check: { within: '1m' } }, '`http` or `exec`'],
  [{ exec: ['sh'], pause: '2h' }, 'at most 1h'],
])('is refused when it cannot be meant: %j', (rollout, problem) => {
  expect(problems(rollout)).toEqual([expect.stringContaining(problem)]);
});

test('nothing is rolled out that is not rotated', () => {
  expect(problems({ exec: ['sh'] }, {})).toEqual([expect.stringContaining('no `rotator:`')]);
});
