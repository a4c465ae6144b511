import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { documentPayload, type Payload, textPayload } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';
import { compareSnapshots } from './compare-snapshots.js';
import { createFingerprints } from './fingerprint.js';

const snapshot = (secrets: Readonly<Record<string, string | Readonly<Record<string, string>>>>) =>
  new Map(Object.entries(secrets).map(([path, value]) => [parsePath(path), payloadFrom(value)]));
const payloadFrom = (value: string | Readonly<Record<string, string>>): Payload =>
  typeof value === 'string' ? textPayload(value) : documentPayload(Object.entries(value));

describe('comparing', () => {
  test('says of every field what became of it', () => {
    const changes = compareSnapshots(
      snapshot({ 'a/b': { kept: '1', gone: '2', other: '3' }, 'a/c': 'x', 'a/only': 'y' }),
      snapshot({ 'a/b': { kept: '1', other: '4', fresh: '5' }, 'a/c': 'x', 'a/new': 'z' }),
    );
    expect(changes.map(({ path, field, change }) => [path, field, change])).toEqual([
      ['a/b', 'fresh', 'added'],
      ['a/b', 'gone', 'removed'],
      ['a/b', 'kept', 'same'],
      ['a/b', 'other', 'changed'],
      ['a/c', undefined, 'same'],
      ['a/new', undefined, 'added'],
      ['a/only', undefined, 'removed'],
    ]);
  });

  test('goes by fields when a single value became a document', () => {
    const changes = compareSnapshots(snapshot({ a: 'x' }), snapshot({ a: { key: 'x' } }));
    expect(changes.map(({ field, change }) => [field, change])).toEqual([
      ['key', 'added'],
      ['value', 'removed'],
    ]);
  });

  test('does not see how a document is written', () => {
    const one = new Map([[parsePath('a'), textPayload('{"x":"1","y":2}')]]);
    const other = new Map([[parsePath('a'), textPayload('{ "y": 2, "x": "\\u0031" }')]]);
    expect(compareSnapshots(one, other).every(({ change }) => change === 'same')).toBe(true);
  });
});

test('marks are equal for equal values of one output, and for no others', () => {
  const mark = createFingerprints();
  expect(mark(Secret.fromText('x'))).toBe(mark(Secret.fromText('x')));
  expect(mark(Secret.fromText('x'))).not.toBe(mark(Secret.fromText('y')));
  expect(createFingerprints()(Secret.fromText('x'))).not.toBe(mark(Secret.fromText('x')));
});
