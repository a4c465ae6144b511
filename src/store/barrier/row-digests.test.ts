import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../crypto/encoding.js';
import { RowDigests, rowDigest } from './row-digests.js';

const anyKey = () => fc.uint8Array({ minLength: 1, maxLength: 34 }).map(toHex);
const similarKey = () =>
  fc.array(fc.constantFrom('00', '01', 'ff'), { minLength: 1, maxLength: 4 }).map((bytes) => bytes.join(''));
const key = () => fc.oneof(anyKey(), similarKey());
const hash = (number: number) => new Uint8Array(32).fill(number);
const digest = (number: number) => rowDigest(hash(number));

function digestsOf(model: ReadonlyMap<string, number>): RowDigests {
  const rows = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  const collector = RowDigests.collect(rows.length);
  for (const [text, number] of rows) collector.add({ key: fromHex(text), digest: digest(number) });
  return collector.collected() ?? RowDigests.none;
}

describe('the digests of a shard', () => {
  test('are found by exactly the keys they were put under, through any changes', () => {
    const model = () => fc.uniqueArray(fc.tuple(key(), fc.nat(255)), { selector: ([text]) => text, maxLength: 30 });
    const changes = () =>
      fc.uniqueArray(fc.tuple(key(), fc.option(fc.nat(255))), { selector: ([text]) => text, maxLength: 30 });
    fc.assert(
      fc.property(model(), changes(), (before, changed) => {
        const expected = new Map(before);
        const digests = digestsOf(expected);
        const after = digests.with(
          changed.map(([text, number]) => ({
            key: fromHex(text),
            digest: number === null ? undefined : digest(number),
          })),
        );
        for (const [text, number] of before) expect(digests.matches(fromHex(text), hash(number))).toBe(true);
        for (const [text, number] of changed) {
          if (number === null) expected.delete(text);
          else expected.set(text, number);
        }
        expect(after.count).toBe(expected.size);
        for (const [text] of [...before, ...changed]) {
          const number = expected.get(text);
          expect(after.has(fromHex(text))).toBe(number !== undefined);
          for (const other of [0, 1, 255]) expect(after.matches(fromHex(text), hash(other))).toBe(other === number);
          if (number !== undefined) expect(after.matches(fromHex(text), hash(number))).toBe(true);
        }
      }),
    );
  });

  test('are complete with as many rows as there are to be, in the order of their keys', () => {
    const row = (text: string) => ({ key: fromHex(text), digest: digest(1) });
    const collector = RowDigests.collect(2);
    expect(collector.add(row('02'))).toBe(true);
    expect(collector.add(row('02'))).toBe(false);
    expect(collector.add(row('01ff'))).toBe(false);
    expect(collector.collected()).toBeUndefined();
    expect(collector.add(row('0200'))).toBe(true);
    expect(collector.add(row('03'))).toBe(false);
    expect(collector.collected()?.count).toBe(2);
  });

  test('list the keys of a prefix in order, behind a key, up to a limit', () => {
    const keys = () => fc.uniqueArray(key(), { maxLength: 40 });
    fc.assert(
      fc.property(keys(), key(), fc.option(key()), fc.nat(5), (texts, prefix, after, limit) => {
        const digests = digestsOf(new Map(texts.map((text) => [text, 1])));
        const listed = digests.keys(fromHex(prefix), after === null ? undefined : fromHex(after), limit);
        const expected = texts.filter((text) => text.startsWith(prefix) && (after === null || text > after)).sort();
        expect(listed.map(toHex)).toEqual(expected.slice(0, limit));
      }),
    );
  });
});
