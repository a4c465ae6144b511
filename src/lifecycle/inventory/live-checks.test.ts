import { expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { checkLive, type LiveCheckOptions } from './live-checks.js';

const paths = Array.from({ length: 10 }, (_, at) => parsePath(`app/s${at}`));
const [first = parsePath('app/s0')] = paths;
const after =
  (error: unknown): LiveCheckOptions['probe'] =>
  () =>
    Promise.reject(error);
const resultOf = async (probe: LiveCheckOptions['probe']) =>
  (await checkLive([first], { probe, clock: new FakeClock() }))[0];

test('what the target says decides: refused is not unreachable, and neither is what has no test', async () => {
  expect(await resultOf(async () => 'accepted')).toEqual({ path: first, result: 'accepted' });
  expect(await resultOf(async () => 'no live test')).toEqual({ path: first, result: 'no live test' });
  expect(await resultOf(async () => 'rotating')).toEqual({ path: first, result: 'rotating' });
  for (const code of ['unauthenticated', 'denied'] as const) {
    expect(await resultOf(after(new KeywardError(code, 'wrong password')))).toMatchObject({
      result: 'refused',
      finding: { severity: 'error', where: first, cause: 'does not pass its live test: wrong password' },
    });
  }
  for (const error of [
    new KeywardError('unavailable', 'down'),
    new KeywardError('config', 'no user'),
    new Error('a'),
  ]) {
    expect(await resultOf(after(error))).toMatchObject({ result: 'unreachable', finding: { severity: 'error' } });
  }
});

test('an error that is none of ours is not repeated', async () => {
  expect(JSON.stringify(await resultOf(after(new Error('canary-1234'))))).not.toContain('canary');
});

test('four targets are asked at a time, and one that does not answer is given up after a minute', async () => {
  const clock = new FakeClock();
  const asked: Path[] = [];
  const probe = (path: Path) => {
    asked.push(path);
    return new Promise<'accepted'>((resolve) => {
      if (path !== first) clock.after(1000, () => resolve('accepted'));
    });
  };
  const checks = checkLive(paths, { probe, clock });
  expect(asked).toHaveLength(4);
  for (let second = 0; second < 60; second += 1) await clock.advance(1000);
  const [slow, ...others] = await checks;
  expect(slow).toMatchObject({ result: 'unreachable', finding: { cause: expect.stringContaining('within 60000 ms') } });
  expect(others.map(({ result }) => result)).toEqual(Array.from({ length: 9 }, () => 'accepted'));
});
