import { describe, expect, test } from 'vitest';
import { rotatorIssues } from './rotator-issues.js';

const hour = 3_600_000;
const problems = (rotator: object, rest: object = {}, cache = {}) =>
  rotatorIssues({ secrets: { 'a/b': { rotator, ...rest } }, cache }).map(({ problem }) => problem);

describe('a rotator', () => {
  test.each([
    { random: 'hex:32' },
    { random: { alphabet: 'ABCD', length: 40 } },
    { keypair: 'jwks' as const },
    { exec: ['rotate'], kind: 'swap' as const, timeout: 60_000, env: ['TARGET'] },
    { postgres: { host: 'db', users: ['bot'] }, field: 'password' },
    { postgres: { host: 'db', users: ['bot_a', 'bot_b'], administrator: 'db/admin' } },
  ])('is one of these: %j', (rotator) => {
    expect(problems(rotator)).toEqual([]);
  });

  test.each([
    [{}, 'expected one of'],
    [{ random: 'hex:32', keypair: 'rsa' }, 'expected one of'],
    [{ exec: ['rotate'] }, 'needs `kind`'],
    [{ random: 'hex:32', kind: 'swap' }, 'are of `exec`'],
    [{ random: 'hex:32', timeout: 1000 }, 'are of `exec`'],
    [{ exec: ['rotate'], kind: 'swap', timeout: 60_001 }, 'is at most 1m'],
    [{ keypair: 'rsa', field: 'x' }, 'is of `random`'],
    [{ postgres: { host: 'db', users: ['bot'] }, exec: ['x'], kind: 'swap' }, 'expected one of'],
    [{ postgres: { host: 'db', users: ['bot'] }, kind: 'swap' }, 'are of `exec`'],
    [{ postgres: { host: 'db', users: ['a', 'b'] } }, 'need an `administrator`'],
    [{ postgres: { host: 'db', users: ['a', 'a'], administrator: 'db/admin' } }, 'names one twice'],
    [{ postgres: { host: 'db', users: ['a', 'b'], administrator: 'db/admin' }, field: 'x' }, 'of one user'],
    [{ postgres: { host: 'db', users: ['bot'], administrator: 'a/b' } }, 'is another secret'],
  ])('is refused when it cannot be meant: %j', (rotator, problem) => {
    expect(problems(rotator)).toEqual([expect.stringContaining(problem)]);
  });

  test('of a document names one of its fields', () => {
    const fields = { fields: ['user', 'password'] };
    expect(problems({ random: 'hex:32' }, fields)).toHaveLength(1);
    expect(problems({ random: 'hex:32', field: 'pasword' }, fields)).toHaveLength(1);
    expect(problems({ random: 'hex:32', field: 'password' }, fields)).toEqual([]);
  });
});

describe('the grace', () => {
  const of = (grace: number, connections?: number, cache?: object) =>
    problems({ random: 'hex:32', grace, connections }, {}, cache);

  test('covers cache, outage, clocks and connections, exactly', () => {
    const least = 300_000 + hour + 60_000;
    expect(of(least)).toEqual([]);
    expect(of(least - 1)).toEqual([expect.stringContaining('it takes 66m until')]);
    expect(of(least, 1)).toEqual([expect.stringContaining('it takes 3960001ms until')]);
    expect(of(61_000, undefined, { ttl: 1000, maxStale: 0 })).toEqual([]);
    expect(of(60_999, undefined, { ttl: 1000, maxStale: 0 })).toHaveLength(1);
    expect(of(2 * hour, hour, { ttl: 0, maxStale: 0 })).toEqual([]);
  });
});
