import { describe, expect, test } from 'vitest';
import { generateValue, parseRecipe } from './generate-value.js';

const generated = (recipe: string) => generateValue(parseRecipe(recipe)).expose();

describe('a generated value', () => {
  test.each([
    ['hex:32', /^[0-9a-f]{64}$/],
    ['hex', /^[0-9a-f]{64}$/],
    ['hex:8', /^[0-9a-f]{16}$/],
    ['base64:32', /^[A-Za-z0-9+/]{43}=$/],
    ['base64url:32', /^[A-Za-z0-9_-]{43}$/],
    ['alnum:24', /^[A-Za-z0-9]{24}$/],
    ['ascii:4096', /^[A-Za-z0-9!%*+,./:;=?@^_~-]{4096}$/],
  ])('of %s looks like %s', (recipe, pattern) => {
    expect(generated(recipe)).toMatch(pattern);
    expect(generated(recipe)).not.toBe(generated(recipe));
  });

  test('has every character of its alphabet about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 25; i += 1) {
      for (const character of generated('alnum:4096')) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const mean = (25 * 4096) / 62;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    expect(counts.size).toBe(62);
    expect(chiSquare).toBeLessThan(160);
  });

  test.each(['', 'hex:', 'hex:0', 'hex:-1', 'hex:1e9', 'hex:4097', 'md5:32', 'HEX:32', 'constructor:32', 'hex:32:1'])(
    'is not made from %j',
    (recipe) => {
      expect(() => parseRecipe(recipe)).toThrow(expect.objectContaining({ code: 'invalid' }));
    },
  );

  test.each([
    ['hex:7', 'hex:8'],
    ['alnum:10', 'alnum:11'],
  ])('%s is too short, %s is not', (short, enough) => {
    expect(() => parseRecipe(short)).toThrow(expect.objectContaining({ advice: `Use ${enough} or longer.` }));
    expect(parseRecipe(enough)).toBeDefined();
  });
});
