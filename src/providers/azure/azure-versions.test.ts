import { expect, test } from 'vitest';
import { sortVersions, stagedVersions, versionOf } from './azure-versions.js';

const version = (digit: string, second: number) => {
  const properties = {
    vaultUrl: 'https://h',
    name: 'n',
    version: digit.repeat(32),
    createdOn: new Date(second * 1000),
  };
  const made = versionOf(properties);
  if (made === undefined) throw new Error('no version');
  return made;
};
const stages = (times: readonly number[], current: string | undefined) =>
  stagedVersions(sortVersions(times.map((second, i) => version(String(i), second))), current?.repeat(32)).map(
    ({ id, stages: [stage = ''] }) => `${id[0]} ${stage}`.trim(),
  );

test('versions are ordered by their times, and staged as far as these tell', () => {
  expect(stages([1, 3, 2], '1')).toEqual(['1 current', '2 previous', '0']);
  expect(stages([2, 2], '0')).toEqual(['0 current', '1 previous']);
  expect(stages([2, 2], '1')).toEqual(['1 current', '0 previous']);
  expect(stages([2, 2, 2], '1')).toEqual(['1 current', '0', '2']);
  expect(stages([1, 1, 2], '2')).toEqual(['2 current', '0', '1']);
  expect(stages([2, 2], undefined)).toEqual(['0', '1']);
});

test('what is no version is none', () => {
  const properties = { vaultUrl: 'https://h', name: 'n', version: 'a'.repeat(32), createdOn: new Date(0) };
  expect(versionOf(properties)?.state).toBe('live');
  expect(versionOf({ ...properties, enabled: false })?.state).toBe('deleted');
  expect(versionOf({ ...properties, version: 'A'.repeat(32) })).toBeUndefined();
  expect(versionOf({ ...properties, createdOn: new Date(Number.NaN) })).toBeUndefined();
  expect(versionOf({ ...properties, expiresOn: new Date(Number.NaN) })).toBeUndefined();
  expect(versionOf({ ...properties, tags: JSON.parse('{"a":1}') })).toBeUndefined();
  expect(versionOf({ ...properties, tags: JSON.parse('null') })?.properties.tags).toEqual({});
  expect(versionOf({ vaultUrl: 'https://h', name: 'n' })).toBeUndefined();
});
