import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBundle, parseBundle } from './bundle-file.js';
import { estimateBits } from './estimate-bits.js';
import { findInBlock } from './find-in-block.js';
import { createBundle, fewestBits, ManagedFinder } from './fingerprints.js';

const options = { nowMs: 1000, expiresMs: 2000, withNames: true };
const strong = 'kR7x-2pQ9zT1vW4bN8mJ6';
const bytesOf = (text: string) => Buffer.from(text);
const bundleOf = (...values: readonly Uint8Array[]) =>
  createBundle(
    values.map((bytes, index) => ({ name: `app/v${index}`, bytes })),
    options,
  );

const encodings: readonly ((value: Buffer) => Buffer | string)[] = [
  (value) => value,
  (value) => value.toString('base64'),
  (value) => Buffer.concat([bytesOf('a'), value]).toString('base64'),
  (value) => Buffer.concat([bytesOf('ab'), value, bytesOf('c')]).toString('base64url'),
  (value) => value.toString('hex'),
  (value) => value.toString('hex').toUpperCase(),
  (value) => value.toString('latin1').replaceAll(/[\s\S]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
  (value) => bytesOf(value.toString('hex')).toString('base64'),
  (value) => bytesOf(`{"v":"${value.toString('base64')}"}`).toString('base64'),
];
const textEncodings: readonly ((text: string) => Buffer | string)[] = [
  (text) => encodeURIComponent(text),
  (text) => JSON.stringify({ text }),
  (text) => JSON.stringify(JSON.stringify({ text })),
  (text) => bytesOf(JSON.stringify({ text })).toString('base64'),
  (text) => Buffer.from(text, 'utf16le'),
];

describe('a bundle of fingerprints', () => {
  test('finds every value that is hard to guess, in every encoding, anywhere in any bytes', () => {
    const value = fc
      .oneof(
        fc.uint8Array({ minLength: 10, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        fc.string({ unit: 'grapheme-ascii', minLength: 14, maxLength: 60 }).map(bytesOf),
      )
      .filter((bytes) => estimateBits(bytes) >= fewestBits);
    const around = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(value, around, fc.nat(), (bytes, noise, choice) => {
        const text = bytes.toString();
        const isText = bytesOf(text).equals(bytes);
        const all = [...encodings.map((encode) => encode(bytes)), ...(isText ? textEncodings.map((e) => e(text)) : [])];
        const encoded = Buffer.from(all[choice % all.length] ?? '');
        const block = Buffer.concat([noise, bytesOf('\n"'), encoded, bytesOf('"\n'), noise]);
        const finder = new ManagedFinder(bundleOf(bytes).bundle);
        expect(findInBlock(block, finder).secrets.some(({ kind }) => kind.id === 'managed-value')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('finds lines and fields of a value, and the value without the spaces around it', () => {
    const other = 'Zw5cL0dF3gH8yU1iO4aS';
    const { bundle } = createBundle(
      [{ name: 'app/two', bytes: bytesOf(`  ${strong}\r\nuser\r\n`), fields: [bytesOf(other)] }],
      options,
    );
    const finder = new ManagedFinder(bundle);
    expect(finder.find(bytesOf(`x${strong}x${other}x`)).map(({ start, name }) => [start, name])).toEqual([
      [1, 'app/two'],
      [strong.length + 2, 'app/two'],
    ]);
  });

  test('leaves out what is easy to guess, and says so', () => {
    const weak = [
      'correct horse battery',
      'password123456',
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      '2026-11-23T00:00:00',
      '',
    ];
    const { bundle, skipped } = bundleOf(...weak.map(bytesOf), bytesOf(strong));
    expect(skipped).toEqual(['app/v0', 'app/v1', 'app/v2', 'app/v3', 'app/v4']);
    expect(bundle.fingerprints.size).toBe(1);
  });

  test('finds nothing when it is empty', () => {
    expect(new ManagedFinder(bundleOf().bundle).find(bytesOf(strong))).toEqual([]);
  });

  test('has another key each time, and neither value nor name in its file unless wanted', () => {
    const make = (withNames: boolean) =>
      formatBundle(createBundle([{ name: 'app/named', bytes: bytesOf(strong) }], { ...options, withNames }).bundle);
    expect(make(false)).not.toContain('app/named');
    expect(make(true)).toContain('app/named');
    expect(make(false)).not.toContain(strong.slice(0, 6));
    expect(JSON.parse(make(false)).key).not.toBe(JSON.parse(make(false)).key);
  });
});

describe('the file of a bundle', () => {
  const { bundle } = bundleOf(bytesOf(strong));
  const text = formatBundle(bundle);

  test('is read as it was written', () => {
    const found = new ManagedFinder(parseBundle(text, 'b.json', 1500)).find(bytesOf(`-${strong}`));
    expect(found.map(({ name }) => name)).toEqual(['app/v0']);
  });

  test('is refused when it has expired', () => {
    expect(() => parseBundle(text, 'b.json', 2000)).toThrow('b.json has expired on 1970-01-01');
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another kind', text.replace('keyward-fingerprints', 'other')],
    ['another version', text.replace('"version":1', '"version":2')],
    ['a short key', text.replace(/"key":"../, '"key":"')],
    ['no time', text.replace(/"expires":"[^"]*"/, '"expires":"soon"')],
    ['a slot outside', text.replace(/"slots":\[\d+/, '"slots":[1024')],
    ['a length under the window', text.replace(/"lengths":\[\d+/, '"lengths":[3')],
    ['a fingerprint that is none', text.replace(/"fingerprints":\[\["./, '"fingerprints":[["x')],
  ])('is refused with %s', (_, broken) => {
    expect(() => parseBundle(broken, 'b.json', 1500)).toThrow('b.json is no bundle of fingerprints');
  });
});
