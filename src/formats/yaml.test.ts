import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYamlConfig } from './yaml.js';

const parse = (text: string) => parseYamlConfig(text, 'keyward.yaml');

describe('reading a configuration', () => {
  test('YAML and JSON of the same content give the same data', async () => {
    const data = { project: 'bot', ttl: 300, on: true, nothing: null, list: ['a', { b: 1 }], 'exchange/binance': {} };
    const yaml = 'project: bot\nttl: 300\non: true\nnothing:\nlist:\n  - a\n  - b: 1\nexchange/binance: {}\n';
    expect((await parse(yaml)).data).toEqual(data);
    expect((await parse(JSON.stringify(data))).data).toEqual(data);
  });

  test('words that YAML 1.1 takes for booleans stay texts, and keys are always texts', async () => {
    expect((await parse('a: yes\nb: off\n1: x\nnull: y')).data).toEqual({ a: 'yes', b: 'off', 1: 'x', null: 'y' });
  });

  test.each(['', '\n\n', '# only a comment\n'])('an empty file %j has no data and no positions', async (text) => {
    const config = await parse(text);
    expect(config.data).toBeNull();
    expect(config.locate(['a'])).toBeUndefined();
  });

  test('a byte order mark and CRLF change nothing', async () => {
    const config = await parse('\uFEFFa: 1\r\nb:\r\n  c: 2\r\n');
    expect(config.data).toEqual({ a: 1, b: { c: 2 } });
    expect(config.locate(['b', 'c'])).toEqual({ line: 3, column: 3 });
  });

  test('any JSON data survives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), async (data) => {
        const text = JSON.stringify(data);
        fc.pre(!text.includes('__proto__') && !text.includes('"<<"'));
        expect((await parse(text)).data).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('positions', () => {
  const text = 'providers:\n  - vault:\n      address: x\n  - env: {}\ncache: { ttl: 300s }\n';

  test.each([
    [['providers'], 1, 1],
    [['providers', 0], 2, 5],
    [['providers', 0, 'vault', 'address'], 3, 7],
    [['providers', 1, 'env'], 4, 5],
    [['cache', 'ttl'], 5, 10],
    [[], 1, 1],
  ])('%j stands at line %i, column %i', async (keyPath, line, column) => {
    expect((await parse(text)).locate(keyPath)).toEqual({ line, column });
  });

  test('a path that leads on into nothing is located at what exists of it', async () => {
    expect((await parse(text)).locate(['cache', 'maxStale', 'x'])).toEqual({ line: 5, column: 1 });
    expect((await parse(text)).locate(['providers', 7])).toEqual({ line: 1, column: 1 });
  });
});

describe('what is refused, with its place', () => {
  test.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3', '3:1', 'second time'],
    ['a duplicate key in JSON', '{"a": 1,\n "a": 2}', '2:2', 'second time'],
    ['a nested duplicate key', 'x:\n  a: 1\n  a: 2', '3:3', 'second time'],
    ['a key that is a number and a text', '1: x\n"1": y', '2:1', 'second time'],
    ['an anchor', 'a: &x 1', '1:7', 'anchors'],
    ['an anchor on a map', 'a: &x\n  b: 1', '2:3', 'anchors'],
    ['an alias', 'a: 1\nb: *x', '2:4', 'aliases'],
    ['a merge key', 'a:\n  <<: { b: 1 }', '2:3', 'merge keys'],
    ['a tag', 'a: !!str 1', '1:10', 'tags'],
    ['a private tag', 'a: !include x', '1:4', 'tags'],
    ['a second document', 'a: 1\n---\nb: 2', '2:1', 'second document'],
    ['a directive', '%YAML 1.1\n---\na: yes', '1:1', 'directives'],
    ['a tab as indentation', 'a:\n\tb: 1', '2:1', 'tab'],
    ['an unknown escape', 'a: "\\q"', '1:5', 'escape'],
    ['an open bracket', 'a: [1\nb: 2', '2:1', ''],
    ['a list as a key', '? [a]\n: 1', '1:3', 'key must be a text'],
    ['a colon in a plain value', 'a: b: c', '1:4', 'second colon'],
  ])('%s', async (_, text, place, problem) => {
    const error = await parse(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config' });
    expect(String(error)).toContain(`keyward.yaml:${place}: `);
    expect(String(error)).toContain(problem);
  });

  test('nesting beyond 32 levels, and nesting that would exhaust the stack', async () => {
    for (const depth of [40, 100_000]) {
      await expect(parse('['.repeat(depth) + ']'.repeat(depth))).rejects.toMatchObject({ code: 'config' });
    }
  });

  test('messages never quote the content', async () => {
    for (const text of ['a: "CANARY\\q"', 'a: *CANARY', 'CANARY: 1\nCANARY: 2', 'a: !CANARY x', 'a: [CANARY']) {
      const error = await parse(text).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'config' });
      expect(String(error)).not.toContain('CANARY');
    }
  });
});
