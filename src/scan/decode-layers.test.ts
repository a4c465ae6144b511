import { describe, expect, test } from 'vitest';
import { decodedLayers } from './decode-layers.js';

const text = 'the quick brown fox: 4 "jumps"\\/';
const bytes = Buffer.from(text);
const hex = bytes.toString('hex');

const encodings: Readonly<Record<string, string>> = {
  base64: bytes.toString('base64'),
  'base64 for URLs': bytes.toString('base64url'),
  'base64 that begins one byte before': Buffer.from(`.${text}`).toString('base64'),
  'base64 that begins two bytes before': Buffer.from(`..${text}`).toString('base64'),
  'base64 behind another character of the alphabet': `/${bytes.toString('base64')}`,
  'base64 in lines': Buffer.from('x'.repeat(70) + text + 'y'.repeat(70))
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n    '),
  hexadecimal: hex,
  'hexadecimal in capitals': hex.toUpperCase(),
  'hexadecimal behind a digit': `f${hex}`,
  'a dump': hex.replaceAll(/..(?=.)/g, '$& '),
  'a fingerprint with colons': hex.replaceAll(/..(?=.)/g, '$&:'),
  'escapes of hexadecimal': hex.replaceAll(/../g, '\\x$&'),
  'numbers in hexadecimal': hex.replaceAll(/..(?=.)/g, '$&, 0x').replace(/^/, '0x'),
  'a list of numbers': bytes.join(', '),
  'percent-encoding': encodeURIComponent(text),
  'a form': new URLSearchParams({ text }).toString(),
  JSON: JSON.stringify(text),
  'escapes of Unicode': text.replaceAll(/[^a-z]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'a shell word': text.replaceAll(/[^a-z]/g, '\\$&'),
  'UTF-16': Buffer.from(text, 'utf16le').toString('latin1'),
  'UTF-16 of the other order': Buffer.from(text, 'utf16le').swap16().toString('latin1'),
};

describe('decodedLayers', () => {
  test.each(Object.entries(encodings))('decodes %s, and says where it stands', (_, encoded) => {
    const before = 'value of a: ';
    const block = Buffer.from(`${before}${encoded} \nand more\n`, 'latin1');
    const layers = [...decodedLayers(block, 'all')].filter((layer) => Buffer.from(layer.bytes).includes(bytes));
    expect(layers.length).toBeGreaterThan(0);
    for (const { start, end } of layers) {
      expect(start).toBeLessThanOrEqual(before.length + 1);
      expect(end).toBeGreaterThanOrEqual(before.length + encoded.trimEnd().length - 3);
    }
  });

  test('of text alone gives no bytes that no text has', () => {
    const block = Buffer.from(
      `the/path/of/some/source/file/or/other ${'fe'.repeat(40)} aVeryLongNameOfAVariableInCode`,
    );
    expect([...decodedLayers(block, 'text')]).toEqual([]);
  });

  test('gives nothing for an empty block and for bytes of zero', () => {
    expect([...decodedLayers(new Uint8Array(), 'all')]).toEqual([]);
    expect([...decodedLayers(new Uint8Array(5000), 'all')]).toEqual([]);
  });
});
