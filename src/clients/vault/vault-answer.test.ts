import { describe, expect, test } from 'vitest';
import { attestsAbsence, numberIn, readMembers, textsIn } from './vault-answer.js';

const members = (text: string) => readMembers(new TextEncoder().encode(text));
const absence = (status: number, text: string) => attestsAbsence({ status, members: members(text) ?? new Map() });

describe('an answer of Vault', () => {
  test('attests absence only by a 404 with an empty list of errors and nothing else', () => {
    expect(absence(404, '{"errors":[]}')).toBe(true);
    expect(absence(404, ' { "errors" : [ ] } ')).toBe(true);
    for (const [status, text] of [
      [200, '{"errors":[]}'],
      [404, '{"errors":["no handler for route"]}'],
      [404, '{"errors":[],"warnings":["wrong engine"]}'],
      [404, '{"errors":null}'],
      [404, '{"errors":"[]"}'],
      [404, '{}'],
      [404, ''],
      [404, '{"data":{"data":null}}'],
    ] as const) {
      expect(absence(status, text), `${status} ${text}`).toBe(false);
    }
  });

  test('is one JSON object without doubled names, or empty', () => {
    expect(members('')?.size).toBe(0);
    for (const text of ['[]', '"x"', '<html>', '{"a":1,"a":2}', '{"a":1}{', '\ufeff{}', '{"a":'.repeat(100)]) {
      expect(members(text), text).toBeUndefined();
    }
    expect(readMembers(Uint8Array.of(0x7b, 0xff, 0x7d))).toBeUndefined();
  });

  test('has names of JavaScript as members like any other', () => {
    const found = members('{"__proto__":{"errors":[]},"constructor":1}');
    expect([...(found?.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
    expect(found?.get('errors')).toBeUndefined();
    expect(Reflect.get({}, 'errors')).toBeUndefined();
  });

  test('has whole numbers and lists of texts only where they are', () => {
    const found = members('{"a":7,"b":"7","c":-1,"d":1.5,"e":1e3,"f":["x",1],"g":["x"]}') ?? new Map();
    expect(['a', 'b', 'c', 'd', 'e', 'z'].map((name) => numberIn(found, name))).toEqual([
      7,
      ...Array(5).fill(undefined),
    ]);
    expect(['f', 'g', 'a'].map((name) => textsIn(found, name))).toEqual([undefined, ['x'], undefined]);
  });
});
