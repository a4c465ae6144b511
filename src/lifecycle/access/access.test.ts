import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../core/client.js';
import { AccessLines } from './access-line.js';
import { accessesInAudit } from './audit-accesses.js';
import { readersOf } from './readers.js';

const line = (more: object) =>
  JSON.stringify({
    v: 1,
    event: 'access',
    time: '2030-01-01T00:00:00.000Z',
    level: 'info',
    principal: 'api',
    process: 7,
    environment: 'production',
    path: 'database/postgres',
    provider: 'vault',
    outcome: 'found',
    cached: false,
    degraded: false,
    durationMs: 1,
    count: 1,
    ...more,
  });

function accessesInLines(lines: readonly string[], where: string) {
  const read = new AccessLines(where);
  for (const one of lines) read.push(one);
  return read.end();
}

const record = (more: Partial<AuditRecord>): AuditRecord => ({
  node: 'n',
  sequence: 1,
  time: new Date('2030-01-02T00:00:00Z'),
  kind: 'access',
  actor: 'owner',
  source: 'local:9',
  operation: 'secrets.read',
  path: 'p/database/postgres',
  outcome: 'ok',
  details: {},
  ...more,
});

describe('lines of an access log', () => {
  test('say who read what, in which process, and how often', () => {
    const { accesses, gaps, beginsAt } = accessesInLines([line({}), line({ count: 5, cached: true, version: 3 })], 'f');
    expect(gaps).toEqual([]);
    expect(beginsAt).toEqual(new Date('2030-01-01T00:00:00Z'));
    expect(accesses).toMatchObject([
      { path: 'database/postgres', did: 'read', principal: 'api', source: 'local:7', store: 'vault', count: 1 },
      { count: 5, version: '3' },
    ]);
  });

  test('what was refused is a try, and what was absent is none', () => {
    const { accesses } = accessesInLines([line({ outcome: 'denied' }), line({ outcome: 'absent' })], 'f');
    expect(accesses).toMatchObject([{ did: 'tried', outcome: 'denied' }]);
  });

  test.each([
    ['a torn line', '{"v":1,"event":"acc'],
    ['a line of another version', line({ v: 2 })],
    ['a line without a principal', line({ principal: 3 })],
    ['a line with a path that is none', line({ path: '../x' })],
    ['a line with a time that is none', line({ time: 'today' })],
    ['a line with no whole count', line({ count: 1.5 })],
    ['a line with a negative count', line({ count: -1 })],
    ['a line of another event', line({ event: 'other' })],
    ['a line that is no object', 'null'],
  ])('%s is a gap, and the others are read', (_, damaged) => {
    const { accesses, gaps } = accessesInLines([line({}), damaged, line({})], 'access.log');
    expect(accesses).toHaveLength(2);
    expect(gaps).toMatchObject([{ where: 'access.log', cause: expect.stringContaining('line 2') }]);
  });

  test('say which keys clients presented, and how that ended', () => {
    const use = { event: 'key_use', outcome: undefined, version: 3, count: 9 };
    const { accesses, gaps } = accessesInLines(
      [
        line({ ...use, answer: 'accepted' }),
        line({ ...use, answer: 'throttled' }),
        line({ ...use, answer: 'unknown', provider: undefined, version: undefined }),
      ],
      'f',
    );
    expect(gaps).toEqual([]);
    expect(accesses).toMatchObject([
      { did: 'presented', outcome: 'ok', version: '3', count: 9 },
      { did: 'presented', outcome: 'throttled' },
    ]);
  });

  test('lost entries are a gap, and a call of a service is nothing', () => {
    const { accesses, gaps } = accessesInLines([line({ event: 'lost', count: 4 }), line({ event: 'api_call' })], 'f');
    expect(accesses).toEqual([]);
    expect(gaps).toMatchObject([{ cause: expect.stringContaining('4 entries') }]);
  });
});

describe('the audit log of the store', () => {
  test('says who read and wrote, with versions, and what was refused', () => {
    const { accesses } = accessesInAudit([
      record({ details: { version: 2, field: 'password' } }),
      record({ kind: 'intent', operation: 'secrets.write' }),
      record({ kind: 'outcome', operation: 'secrets.write', outcome: 'committed', details: { version: 3 } }),
      record({ kind: 'outcome', operation: 'secrets.write', outcome: 'not_committed' }),
      record({ outcome: 'denied' }),
      record({ outcome: 'absent' }),
      record({ operation: 'secrets.list' }),
    ]);
    expect(accesses).toMatchObject([
      { did: 'read', version: '2', field: 'password', source: 'local:9', store: undefined },
      { did: 'wrote', version: '3' },
      { did: 'tried', outcome: 'denied' },
    ]);
  });

  test('holds what other stores were asked, when it is the access log', () => {
    const { accesses } = accessesInAudit([
      record({
        operation: 'audit.record',
        path: 'p/a',
        details: { event: 'access', principal: 'api', process: 3, provider: 'vault', outcome: 'found', count: 2 },
      }),
    ]);
    expect(accesses).toMatchObject([{ path: 'p/a', principal: 'api', source: 'local:3', store: 'vault', count: 2 }]);
  });

  test('holds who was given a copy that is kept for outages', () => {
    const { accesses } = accessesInAudit([record({ operation: 'records.get', path: 'sys/records/last-good/a/b/c' })]);
    expect(accesses).toMatchObject([{ did: 'read', path: 'sys/records/last-good/a/b/c' }]);
  });

  test('that was cut says so', () => {
    const { gaps } = accessesInAudit([record({ operation: 'audit.cut', kind: 'event', details: { lastKnown: 12 } })]);
    expect(gaps).toMatchObject([{ cause: expect.stringContaining('line 12') }]);
  });
});

test('readers are summed up by who did what with which secret', () => {
  const { accesses } = accessesInLines(
    [
      line({ process: 10, version: 2 }),
      line({ time: '2030-01-03T00:00:00.000Z', process: 9, version: 10, count: 2 }),
      line({ principal: 'batch' }),
      line({ environment: 'staging' }),
    ],
    'f',
  );
  const readers = readersOf(accesses.map((access) => ({ ...access, store: access.store ?? 'keyward' })));
  expect(readers.map(({ principal, environment, count }) => [principal, environment, count])).toEqual([
    ['api', 'production', 3],
    ['api', 'staging', 1],
    ['batch', 'production', 1],
  ]);
  expect(readers[0]).toMatchObject({
    sources: ['local:9', 'local:10'],
    versions: ['2', '10'],
    first: new Date('2030-01-01T00:00:00Z'),
    last: new Date('2030-01-03T00:00:00Z'),
  });
});
