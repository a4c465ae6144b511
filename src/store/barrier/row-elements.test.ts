import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../crypto/encoding.js';
import { RowElements } from './row-elements.js';

const anyKey = () => fc.uint8Array({ minLength: 1, maxLength: 34 }).map(toHex);
const similarKey = () =>
  fc.array(fc.constantFrom('00', '01', 'ff'), { minLength: 1, maxLength: 4 }).map((bytes) => bytes.join(''));
const key = () => fc.oneof(anyKey(), similarKey());
const element = (number: number) => new Uint8Array(32).fill(number);

function elementsOf(model: ReadonlyMap<string, number>): RowElements {
  const rows = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  return RowElements.of(rows.map(([text, number]) => ({ key: fromHex(text), element: element(number) })));
}

describe('the elements of a shard', () => {
  test('are found by exactly the keys they were put under, through any changes', () => {
    const model = () => fc.uniqueArray(fc.tuple(key(), fc.nat(255)), { selector: ([text]) => text, maxLength: 30 });
    const changes = () =>
      fc.uniqueArray(fc.tuple(key(), fc.option(fc.nat(255))), { selector: ([text]) => text, maxLength: 30 });
    fc.assert(
      fc.property(model(), changes(), (before, changed) => {
        const expected = new Map(before);
        const elements = elementsOf(expected);
        const after = elements.with(
          changed.map(([text, number]) => ({
            key: fromHex(text),
            element: number === null ? undefined : element(number),
          })),
        );
        for (const [text, number] of before) expect(elements.get(fromHex(text))).toEqual(element(number));
        for (const [text, number] of changed) {
          if (number === null) expected.delete(text);
          else expected.set(text, number);
        }
        expect(after.count).toBe(expected.size);
        for (const [text] of [...before, ...changed]) {
          const number = expected.get(text);
          expect(after.get(fromHex(text))).toEqual(number === undefined ? undefined : element(number));
        }
      }),
    );
  });

  test('list the keys of a prefix in order, behind a key, up to a limit', () => {
    const keys = () => fc.uniqueArray(key(), { maxLength: 40 });
    fc.assert(
      fc.property(keys(), key(), fc.option(key()), fc.nat(5), (texts, prefix, after, limit) => {
        const elements = elementsOf(new Map(texts.map((text) => [text, 1])));
        const listed = elements.keys(fromHex(prefix), after === null ? undefined : fromHex(after), limit);
        const expected = texts.filter((text) => text.startsWith(prefix) && (after === null || text > after)).sort();
        expect(listed.map(toHex)).toEqual(expected.slice(0, limit));
      }),
    );
  });
});
