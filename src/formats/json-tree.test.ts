import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonTree } from './json-tree.js';
import type { TextNode } from './text-tree.js';

const plain = (node: TextNode): unknown => {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'map') return Object.fromEntries([...node.members].map(([key, value]) => [key, plain(value)]));
  return node.kind === 'text' ? node.text : JSON.parse(node.text);
};

describe('a JSON document', () => {
  test('means what JSON.parse says', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, noUnicodeString: false }),
        fc.constantFrom(0, 1, '\t'),
        (value, space) => {
          const text = JSON.stringify(value, null, space);
          fc.pre(!text.includes('__proto__') && !/\\ud[89a-f]/.test(text));
          expect(plain(parseJsonTree(`\uFEFF ${text}\r\n`, 'f'))).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('may hold a text of sixteen million characters, and names that objects have of their own', () => {
    const text = `${'x'.repeat(16_000_000)}"\\\n`;
    const names = ['__proto__', 'constructor', 'prototype'];
    const node = parseJsonTree(
      JSON.stringify({ text, inner: Object.fromEntries(names.map((name) => [name, 1])) }),
      'f',
    );
    const members = node.kind === 'map' ? node.members : new Map<string, TextNode>();
    const inner = members.get('inner');
    expect(members.get('text')).toMatchObject({ text });
    expect(inner?.kind === 'map' ? [...inner.members.keys()] : []).toEqual(names);
  });

  test('keeps numbers as they are written, and knows where everything stands', () => {
    expect(parseJsonTree('{\n  "a": 1.00,\n  "b": [true]}', 'f')).toEqual({
      kind: 'map',
      place: { line: 1, column: 1 },
      members: new Map<string, TextNode>([
        ['a', { kind: 'other', place: { line: 2, column: 8 }, text: '1.00' }],
        [
          'b',
          {
            kind: 'list',
            place: { line: 3, column: 8 },
            items: [{ kind: 'other', place: { line: 3, column: 9 }, text: 'true' }],
          },
        ],
      ]),
    });
  });

  test.each([
    ['', '1:1'],
    ['{"a": "CANARY",}', '1:16'],
    ['{"a" "x"}', '1:6'],
    ['{"a": "x" "b": 1}', '1:11'],
    ['{"a": 1,\n "a": 2}', '2:2'],
    ["{'a': 1}", '1:2'],
    ['{"a": "CANARY\n"}', '1:7'],
    ['{"a": "CANARY', '1:7'],
    ['{"a": 01}', '1:8'],
    ['{"a": NaN}', '1:7'],
    ['{"a": 1} x', '1:10'],
    ['["\\ud83d"]', '1:2'],
    ['["\\x"]', '1:2'],
    ['// a\n{}', '1:1'],
    ['['.repeat(40), '1:34'],
  ])('%j is refused by line and column, without its text', (text, at) => {
    expect(() => parseJsonTree(text, 'f')).toThrow(new RegExp(`^f:${at}: (?!.*CANARY)`));
  });

  test('of four million characters is read in one pass', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `"name_${index}": "a value with some length"`);
    const node = parseJsonTree(`{${lines.join(',\n')}}`, 'f');
    expect(node.kind === 'map' && node.members.size).toBe(100_000);
    expect(() => parseJsonTree(`["${'x'.repeat(4_000_000)}`, 'f')).toThrow('f:1:2');
  });
});
