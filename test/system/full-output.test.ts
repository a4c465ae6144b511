import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorTable } from '../../src/core/errors.js';
import { Home } from '../faults/home.js';
import { everyCommand } from './every-command.js';

const full = ['sh', '-c', 'exec "$@" > /dev/full', 'sh'];
const unread = ['sh', '-c', '"$@" | true', 'sh'];
const calls = [...Object.values(everyCommand), ['help'], ['get', '--help'], ['completion', 'bash']];

const homes: Home[] = [];
beforeAll(() => {
  for (let i = 0; i < 2; i += 1) {
    const home = Home.withStore();
    homes.push(home);
    home.keywardSucceeds(['set', 'app/jwt_secret'], 'jwt');
  }
});
afterAll(() => {
  for (const home of homes) home.remove();
});

test.each(calls)('keyward %s %s says that its output is full, in our words and with the status of that', (...args) => {
  const [usual, other] = homes.map((home, i) => home.keyward(args, 'text', i === 0 ? [] : full));
  const isLost = usual?.status === 0 && usual.stdout !== '';
  expect(other?.status).toBe(isLost ? errorTable.unavailable.exitCode : usual?.status);
  if (isLost) expect(other?.stderr).toContain('cannot write standard output: the disk is full (unavailable)');
  expect(other?.stderr).not.toMatch(/^\s+at /m);
});

test('a result with --json that is not taken is an error in JSON', () => {
  const { stderr, status } = Home.at(homes[0]?.root ?? '').keyward(['version', '--json'], '', full);
  expect([status, JSON.parse(stderr).error.code]).toEqual([5, 'unavailable']);
});

test('a reader who leaves is no failure, and neither is a full standard error', () => {
  const [home] = homes;
  expect(home?.keyward(['help'], '', unread)).toMatchObject({ status: 0, stderr: '' });
  const quietly = ['sh', '-c', 'exec "$@" 2> /dev/full', 'sh'];
  expect(home?.keyward(['init'], '', quietly).status).toBe(home?.keyward(['init']).status);
  expect(home?.keyward(['get', 'app/none'], '', quietly).status).toBe(errorTable.not_found.exitCode);
});
