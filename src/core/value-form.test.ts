import { describe, expect, test } from 'vitest';
import { formatValueForm, parseValueForm } from './value-form.js';

describe('the form of a value', () => {
  test('is read and written alike', () => {
    for (const text of ['url', 'pem', 'json', 'integer', 'strong', '/[A-Z]{3}|a\\/b/']) {
      expect(formatValueForm(parseValueForm(text))).toBe(text);
    }
  });

  test('as an expression is for the whole value', () => {
    const form = parseValueForm('/a|b/');
    const matches = (text: string) => form.kind === 'pattern' && form.pattern.test(text);
    expect(['a', 'b', 'ab', 'xa'].map(matches)).toEqual([true, true, false, false]);
  });

  test.each(['', 'URL', 'regex', '/', '//', '/(/', '/a{2,1}/', 'constructor'])('%j is none', (text) => {
    expect(() => parseValueForm(text)).toThrow('a form is');
  });
});
