import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { rotatorIssues } from './rotator-issues.js';
import { rotatorSchema } from './rotator-schema.js';

const hour = 3_600_000;
const problems = (written: object, rest: object = {}, cache = {}) =>
  rotatorIssues({ secrets: { 'a/b': { rotator: v.parse(rotatorSchema, written), ...rest } }, cache }).map(
    ({ problem }) => problem,
  );
const postgres = (users: readonly string[], more: object = {}) => ({ postgres: { host: 'db', users, ...more } });
const redis = (servers: readonly string[], more: object = {}) => ({ redis: { servers, user: 'bot', ...more } });
const exec = (more: object) => ({ exec: { command: ['rotate'], ...more } });

describe('a rotator', () => {
  test.each([
    { random: 'hex:32' },
    { random: { alphabet: 'ABCD', length: 40 } },
    { keypair: 'jwks' },
    { keypair: { algorithm: 'rsa' } },
    exec({ kind: 'swap', timeout: '60s', env: ['TARGET'] }),
    { ...postgres(['bot']), field: 'password' },
    postgres(['bot_a', 'bot_b'], { administrator: 'db/admin', port: 6432 }),
    { ...redis(['cache', '[::1]:6380']), field: 'password' },
    { kafka: { servers: ['kafka:9094'], users: ['a', 'b'], administrator: 'db/admin', mechanism: 'SCRAM-SHA-256' } },
    { clickhouse: { servers: ['clickhouse'], users: ['a'] } },
  ])('is one of these: %j', (rotator) => {
    expect(problems(rotator)).toEqual([]);
  });

  test.each([
    {},
    { random: 'hex:32', keypair: 'rsa' },
    { keypair: 'dsa' },
    { random: 5 },
    { random: 'hex:32', kind: 'swap' },
    { exec: ['rotate'] },
    { exec: { kind: 'swap' } },
    postgres([]),
    postgres(['a'], { port: 0 }),
    redis([]),
    redis(['bot@cache']),
    { kafka: { servers: ['kafka'], users: ['a'], mechanism: 'PLAIN' } },
    { postgres: { host: 'user@db', users: ['a'] } },
  ])('is not what the schema refuses: %j', (rotator) => {
    expect(v.safeParse(rotatorSchema, rotator).success).toBe(false);
  });

  test.each([
    [{ random: { alphabet: 'ABCD' } }, 'expected a recipe'],
    [{ random: { recipe: 'hex:32', length: 4 } }, 'expected a recipe'],
    [{ random: null }, 'expected a recipe'],
    [exec({}), '`kind` is missing'],
    [exec({ kind: 'swap', timeout: '61s' }), 'is at most 1m'],
    [{ keypair: 'rsa', field: 'x' }, 'is of one value'],
    [postgres(['a', 'b']), 'need an `administrator`'],
    [{ redis: { user: 'bot' } }, '`servers` names servers'],
    [{ redis: { servers: ['cache'] } }, '`user` is missing'],
    [redis(['rediss://cache']), '`servers` names servers'],
    [redis(['cache'], { administrator: 'a/b' }), 'is another secret'],
    [{ kafka: { servers: ['kafka'], users: ['a', 'b'] } }, 'need an `administrator`'],
    [{ clickhouse: { servers: ['a'], users: ['b:c'] } }, 'a colon'],
    [postgres(['a', 'a'], { administrator: 'db/admin' }), 'names one twice'],
    [{ ...postgres(['a', 'b'], { administrator: 'db/admin' }), field: 'x' }, 'is of one value'],
    [postgres(['bot'], { administrator: 'a/b' }), 'is another secret'],
    [postgres(['bot'], { port: 65_536 }), 'at most 65535'],
    [postgres(['b'.repeat(64)]), 'at most 63 bytes'],
    [{ postgres: { host: 'db/x', users: ['bot'] } }, '`host` is'],
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

describe('the longest time that a former value is kept for its users', () => {
  test('is of a rotator that waits for them, and no shorter than the grace', () => {
    expect(problems({ random: 'hex:32', retire: 'when-unused', longest: '7d' })).toEqual([]);
    expect(problems({ random: 'hex:32', retire: 'when-unused' })).toEqual([]);
    expect(problems({ random: 'hex:32', longest: '7d' })).toEqual([expect.stringContaining('when-unused')]);
    expect(problems({ random: 'hex:32', retire: 'when-unused', grace: '8d', longest: '7d' })).toEqual([
      expect.stringContaining('grace of 8d'),
    ]);
    expect(problems({ random: 'hex:32', retire: 'when-unused', longest: '5m' })).toHaveLength(1);
  });
});

describe('the grace', () => {
  const written = (timeMs: number | undefined) => (timeMs === undefined ? undefined : `${timeMs}ms`);
  const of = (grace: number, connections?: number, cache?: object) =>
    problems({ random: 'hex:32', grace: written(grace), connections: written(connections) }, {}, cache);

  test('covers cache, outage, clocks and connections, exactly', () => {
    const least = 300_000 + hour + 60_000;
    expect(of(least)).toEqual([]);
    expect(of(least - 1)).toEqual([expect.stringContaining('it takes 66m until')]);
    expect(of(least, 1)).toEqual([expect.stringContaining('it takes 3960001ms until')]);
    expect(of(61_000, undefined, { ttl: 1000, maxStale: 0 })).toEqual([]);
    expect(of(60_999, undefined, { ttl: 1000, maxStale: 0 })).toHaveLength(1);
    expect(of(2 * hour, hour, { ttl: 0, maxStale: 0 })).toEqual([]);
  });

  test('of what people rotate is the day in which they watch the new value, or longer', () => {
    expect(problems({ guided: {}, grace: '24h' })).toEqual([]);
    expect(problems({ guided: {}, grace: '1439m' })).toEqual([expect.stringContaining('people watch')]);
  });
});
