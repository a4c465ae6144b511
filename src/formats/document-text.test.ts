import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonMember } from '../core/json-tokenizer.js';
import { formatDocument, parseDocument } from './document-text.js';

const texts = (fields: Readonly<Record<string, string>>): readonly JsonMember[] =>
  Object.entries(fields).map(([name, text]) => ({ name, text, isString: true }));

describe('a document as text', () => {
  test('is YAML with lines as they are', async () => {
    const { text, format } = await formatDocument(texts({ testnet: 'false', key: 'one\ntwo\n', port: '05432' }));
    expect({ text, format }).toEqual({
      text: 'testnet: "false"\nkey: |\n  one\n  two\nport: "05432"\n',
      format: 'yaml',
    });
  });

  test('is JSON with every digit when a field is no text', async () => {
    const members = [...texts({ key: 'x' }), { name: 'rate', text: '1.0e2', isString: false }];
    const { text, format } = await formatDocument(members);
    expect({ text, format }).toEqual({ text: '{\n  "key": "x",\n  "rate": 1.0e2\n}\n', format: 'json' });
    expect(await parseDocument({ text, format }, 'f')).toEqual(members);
  });

  test('keeps fields in their order, also those that are called by a number', async () => {
    const members = [...texts({ b: 'x' }), ...texts({ 1: 'y' })];
    expect(await parseDocument(await formatDocument(members), 'f')).toEqual(members);
  });

  test('gives back exactly the fields that it was made of', async () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\r\nb', ' x', 'x ', '\n', '~', '|'),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value), async (fields) => {
        const members = texts(fields);
        expect(await parseDocument(await formatDocument(members), 'f')).toEqual(members);
      }),
    );
  });

  test.each([
    ['yaml', 'a: x\nb: 1\n', 'f:2:1: this value is no text; put it in quotes'],
    ['yaml', 'a: x\na: y\n', 'f:2:1: this key stands here a second time'],
    ['yaml', '- a\n', 'f: these are not fields with their values'],
    ['yaml', '', 'f: these are not fields with their values'],
    ['json', '{"a": "CANARY", }}', 'f:1:'],
    ['json', '{"a": "x"\n"a": "y"}', 'f:2:'],
    ['json', 'a: x', 'f: this is not JSON'],
  ] as const)('in %s that reads %j is refused', async (format, text, problem) => {
    const refused = parseDocument({ text, format }, 'f');
    await expect(refused).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(problem) });
    await expect(refused).rejects.not.toThrow(/CANARY/);
  });
});
