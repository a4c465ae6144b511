import { describe, expect, test } from 'vitest';
import { emptyInventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { formatRef } from '../../core/ref.js';
import { parseJsonTree } from '../../formats/json-tree.js';
import { parseYamlTrees } from '../../formats/yaml-tree.js';
import { planImport } from './import-plan.js';
import { readTree } from './read-tree.js';

const places = (text: string, below?: string) => {
  const { pairs } = readTree([parseJsonTree(text, 'f')], 'f');
  const plan = planImport(pairs, { inventory: emptyInventory, below: below === undefined ? below : parsePath(below) });
  expect(plan.problems).toEqual([]);
  return plan.items.map((item) => [formatRef(item), item.value.expose(), item.names]);
};

describe('a tree of values', () => {
  test('has variables at the top, and documents and paths below', () => {
    const tree = {
      JWT_SECRET: 'a',
      database: { postgres: { user: 'u', password: 'p' }, url: 'x' },
      'services/kafka/token': 't',
      'exchange/okx': { api_key: 'k' },
      exchange: { binance: { api_key: 'b', 'note.txt': 'd' } },
    };
    expect(places(JSON.stringify(tree))).toEqual([
      ['app/jwt_secret', 'a', ['JWT_SECRET']],
      ['database/postgres#user', 'u', []],
      ['database/postgres#password', 'p', []],
      ['database/url', 'x', []],
      ['services/kafka/token', 't', []],
      ['exchange/okx#api_key', 'k', []],
      ['exchange/binance#api_key', 'b', []],
      ['exchange/binance#note.txt', 'd', []],
    ]);
  });

  test('makes credentials of an exchange fields, also where something stands beside them', () => {
    expect(places('{"exchange": {"okx": {"api_key": "k", "live": {"api_key": "l"}}}}')).toEqual([
      ['exchange/okx#api_key', 'k', []],
      ['exchange/okx/live#api_key', 'l', []],
    ]);
  });

  test('goes below a path as a whole', () => {
    expect(places('{"A_B": "x", "c": {"d": "e"}}', 'moved/here')).toEqual([
      ['moved/here/a_b', 'x', ['A_B']],
      ['moved/here/c#d', 'e', []],
    ]);
  });

  test('keeps numbers and booleans of YAML as they are written', async () => {
    const { pairs } = readTree(await parseYamlTrees('A: 007.10\nB: yes\nC: true\nD: 0x1F\nE: ""\n', 'f'), 'f');
    expect(pairs.map(({ value }) => value.expose())).toEqual(['007.10', 'yes', 'true', '0x1F', '']);
  });

  test.each([
    ['A: ~', 'f:1:4: there is no value here'],
    ['A:\nB: x', 'f:1:3: there is no value here'],
    ['a: { b: [x] }', 'f:1:9: a list is no value'],
    ['a b: { c: CANARY }', 'f:1:6: '],
    ['a:\n  "../x": { y: z }', 'f:2:11: '],
    ['- A: x', 'f:1:1: expected names with their values'],
    ['A: &x 1\nB: *x', 'f:1:7: anchors'],
    ['A: 1\nA: 2', 'f:2:1: this key stands here a second time'],
    ['"\\ud83d": x', 'f:1:'],
  ])('%j is refused by line and column', async (text, problem) => {
    const read = async () => readTree(await parseYamlTrees(text, 'f'), 'f');
    await expect(read()).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(problem) });
    await expect(read()).rejects.not.toThrow(/CANARY/);
  });
});
