import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usersOf } from './former-users.js';
import type { RecordedAccess } from './recorded-access.js';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute));
const former = { version: '2', replacedAt: at(10) };

const read = (minute: number, version: string | undefined, more: Partial<RecordedAccess> = {}): RecordedAccess => ({
  time: at(minute),
  path: 'database/postgres',
  did: 'read',
  principal: 'api',
  source: 'local:1',
  store: 'keyward',
  version,
  field: undefined,
  outcome: 'ok',
  count: 1,
  project: undefined,
  environment: 'production',
  ...more,
});

const formerUsers = (...accesses: readonly RecordedAccess[]) =>
  usersOf(accesses, former).flatMap(({ source, hasFormer }) => (hasFormer ? [source] : []));

describe('who still uses the former version', () => {
  test('is who read it last before it was replaced', () => {
    expect(formerUsers(read(5, '2'))).toEqual(['local:1']);
    expect(formerUsers(read(5, undefined))).toEqual(['local:1']);
  });

  test('is who was given it after it was replaced', () => {
    expect(formerUsers(read(11, '2'))).toEqual(['local:1']);
    expect(formerUsers(read(11, '3'), read(12, '2'))).toEqual(['local:1']);
  });

  test('is nobody who has read another version since', () => {
    expect(formerUsers(read(5, '2'), read(11, '3'))).toEqual([]);
    expect(formerUsers(read(11, '2'), read(11, '3'))).toEqual([]);
    expect(formerUsers(read(5, '2'), read(11, undefined))).toEqual([]);
  });

  test('is told of each process by itself', () => {
    const other = { source: 'local:2' };
    expect(formerUsers(read(5, '2'), read(6, '2', other), read(11, '3', other))).toEqual(['local:1']);
  });

  test('is nobody who was refused, or wrote', () => {
    expect(formerUsers(read(5, '2', { did: 'tried' }), read(5, '2', { did: 'wrote' }))).toEqual([]);
  });

  test('is nobody when nothing was replaced', () => {
    expect(usersOf([read(5, '2')], undefined)).toMatchObject([{ hasFormer: false, version: '2', count: 1 }]);
  });

  test('does not depend on the order of the records, but of those of the same time', () => {
    const accesses = fc.uniqueArray(
      fc.record({ minute: fc.nat(20), version: fc.constantFrom('2', '3', undefined), source: fc.nat(3) }),
      { selector: ({ minute }) => minute },
    );
    fc.assert(
      fc.property(accesses, fc.infiniteStream(fc.nat()), (some, keys) => {
        const records = some.map(({ minute, version, source }) => read(minute, version, { source: `local:${source}` }));
        const shuffled = records
          .map((record) => ({ record, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ record }) => record);
        expect(usersOf(shuffled, former)).toEqual(usersOf(records, former));
      }),
    );
  });
});
