import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJsonObject } from './json-tokenizer.js';
import {
  binaryPayload,
  documentPayload,
  fieldOf,
  fieldsOf,
  isDocument,
  maxPayloadBytes,
  narrowToField,
  patchDocument,
  payloadOf,
  payloadText,
  textPayload,
} from './payload.js';

const exposed = (text: string) => [...fieldsOf(textPayload(text))].map(([name, value]) => [name, payloadText(value)]);

describe('payload', () => {
  test('a JSON object has its members as fields, and what is no string keeps its verbatim text', () => {
    expect(exposed(' {"a":"x\\n","n":1.0, "big":12345678901234567890,"o":{"b": [1, 2]},"t":true,"z":null}\n')).toEqual([
      ['a', 'x\n'],
      ['n', '1.0'],
      ['big', '12345678901234567890'],
      ['o', '{"b": [1, 2]}'],
      ['t', 'true'],
      ['z', 'null'],
    ]);
  });

  test.each([
    '[1]',
    '"x"',
    '12',
    'true',
    '',
    'plain',
    '{',
    '{"a":1,"a":2}',
    '{"a":1}x',
    '{"a":01}',
    "{'a':1}",
    '{"a":1,}',
  ])('%j has the one field value, holding the exact text', (text) => {
    expect(exposed(text)).toEqual([['value', text]]);
  });

  test('binary bytes have the one field value, even when they spell a JSON object', () => {
    const payload = binaryPayload(new TextEncoder().encode('{"a":1}'));
    expect(fieldOf(payload, 'value')?.bytes).toEqual(payload.bytes);
    expect(fieldOf(payload, 'a')).toBeUndefined();
  });

  test('a document made of any names and values reads back as them', () => {
    const name = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' })), (fields) => {
        const entries = Object.entries(fields);
        const read = [...fieldsOf(documentPayload(entries))].map(([key, value]) => [key, payloadText(value)]);
        expect(read).toEqual(entries);
      }),
    );
  });

  test('the tokenizer accepts exactly what JSON.parse accepts as an object, duplicates aside', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]",:0-9a-c\\unltrefs .-]{0,24}$/), (body) => {
        const text = `{${body}}`;
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expected = undefined;
        }
        const members = readJsonObject(text);
        if (expected === undefined) expect(members).toBeUndefined();
        else if (members !== undefined)
          expect(members.map((m) => m.name).sort()).toEqual(Object.keys(Object(expected)).sort());
      }),
      { numRuns: 20_000 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json);
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        const members = readJsonObject(json);
        if (!isObject) expect(members).toBeUndefined();
        else
          for (const member of members ?? []) {
            const original: unknown = Reflect.get(value, member.name);
            expect(member.isString ? member.text : JSON.parse(member.text)).toEqual(original);
          }
      }),
    );
  });

  test('nesting beyond 64 levels and megabytes of brackets have no fields and do not overflow the stack', () => {
    expect(isDocument(textPayload(`{"a":${'['.repeat(200_000)}}`))).toBe(false);
  });

  test('a patch changes the fields it names and leaves the others verbatim', () => {
    const before = textPayload('{"a": 1.50, "b":"x", "c":[ 1 ]}');
    const after = patchDocument(
      before,
      new Map([
        ['b', 'y'],
        ['d', 'new'],
      ]),
      new Set(['c']),
    );
    expect(payloadText(after)).toBe('{"a":1.50,"b":"y","d":"new"}');
    expect(() => patchDocument(textPayload('plain'), new Map())).toThrowError(
      expect.objectContaining({ code: 'invalid' }),
    );
  });

  test('half of a surrogate pair is refused, since it would leave a document without fields', () => {
    expect(() => documentPayload([['a', '\ud800']])).toThrowError(expect.objectContaining({ code: 'invalid' }));
    expect(() => documentPayload([['\udfff', 'x']])).toThrowError(expect.objectContaining({ code: 'invalid' }));
    expect(() => patchDocument(textPayload('{}'), new Map([['a', '\ud800']]))).toThrowError(
      expect.objectContaining({ code: 'invalid' }),
    );
  });

  test('narrowing keeps only the field asked for', () => {
    const document = textPayload('{"a":"1","b":2.0}');
    const narrowed = narrowToField(document, 'b');
    expect(narrowed && payloadText(narrowed)).toBe('{"b":2.0}');
    expect(narrowToField(document, 'value')).toBeUndefined();
    const plain = textPayload('x');
    expect(narrowToField(plain, 'value')).toBe(plain);
  });

  test('512 KiB fit and one byte more does not', () => {
    expect(textPayload('x'.repeat(maxPayloadBytes)).bytes).toHaveLength(maxPayloadBytes);
    expect(() => textPayload('x'.repeat(maxPayloadBytes + 1))).toThrowError(
      expect.objectContaining({ code: 'too_large' }),
    );
  });

  test('bytes that are not UTF-8 are binary, and a byte order mark is kept', () => {
    expect(payloadOf(Uint8Array.of(0xff, 0xfe)).kind).toBe('binary');
    const marked = payloadOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61));
    expect(marked.kind).toBe('text');
    expect(payloadText(marked)).toBe('\ufeffa');
    expect(() => payloadText(binaryPayload(Uint8Array.of(1)))).toThrowError(
      expect.objectContaining({ code: 'invalid' }),
    );
  });
});
