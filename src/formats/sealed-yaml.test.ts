import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { nameBuckets, type SealedDocument } from '../core/sealed-document.js';
import { formatSealedEnv, parseSealedEnv } from './sealed-env.js';
import { isRecipientLabel } from './sealed-lines.js';
import { formatSealedYaml, parseSealedYaml } from './sealed-yaml.js';

const recipient = `age1${'q'.repeat(58)}`;
const document: SealedDocument = {
  fileId: '0'.repeat(32),
  recipients: new Map([
    [recipient, 'alice'],
    [`age1${'p'.repeat(58)}`, ''],
  ]),
  key: 'a2V5',
  tag: 'dGFn',
  nameTags: Array.from({ length: nameBuckets }, (_, index) => `${'A'.repeat(7)}${index.toString(16)}`),
  values: new Map([
    ['app/jwt_secret', 'AAAA'],
    ['exchange/binance#api_key', 'BBBB'],
  ]),
};

const withValues = (values: ReadonlyMap<string, string>): SealedDocument => ({ ...document, values });
const text = formatSealedYaml(document);

describe('the text of a sealed file', () => {
  test('reads back as it was, whatever the names are', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => each.isWellFormed());
    const box = fc.base64String({ minLength: 4, maxLength: 400 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, box), { selector: ([each]) => each }), (entries) => {
        const values = withValues(new Map(entries));
        expect(parseSealedYaml(formatSealedYaml(values), 'f')).toEqual(values);
      }),
    );
  });

  test.each([
    ['YAML', formatSealedYaml, parseSealedYaml],
    ['.env', formatSealedEnv, parseSealedEnv],
  ])('writes line ends of other alphabets in names of a %s file as escapes', (_, format, read) => {
    const names = ['a\u2028b', '\u2029', '\u0085', '\ufeffa', '\u007f'];
    const written = format(withValues(new Map(names.map((name) => [name, 'AAAA']))));
    expect(written).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff]/);
    expect(written).toContain(String.raw`"a\u2028b"`);
    expect([...read(written, 'f').values.keys()].sort()).toEqual(names.sort());
  });

  test('is YAML that other readers take for the same', () => {
    const names = ['app/jwt_secret', 'true', 'no', 'a b: c', '- x', '1', '~', 'x#y', 'é', '"', "'", 'a@metadata', '*a'];
    const values = new Map(names.map((name, index) => [name, `QUJD${index % 10}A==`]));
    const data: unknown = parse(formatSealedYaml(withValues(values)));
    expect(data).toMatchObject({ keyward: 'sealed/v1', key: 'a2V5', values: Object.fromEntries(values) });
  });

  test('has each value on a line of its own, between two names', () => {
    expect(text.split('\n').slice(-6)).toEqual([
      'values:',
      '  app/jwt_secret:',
      '    AAAA',
      '  exchange/binance#api_key:',
      '    BBBB',
      '',
    ]);
  });

  test('may have its names in any order, as a merge leaves them', () => {
    const lines = text.split('\n');
    const moved = [...lines.slice(0, -5), ...lines.slice(-3, -1), ...lines.slice(-5, -3), ''].join('\n');
    expect(moved).not.toBe(text);
    expect(formatSealedYaml(parseSealedYaml(moved, 'f'))).toBe(text);
  });

  test.each([
    ['a name that stands there twice', text.replace('exchange/binance#api_key', 'app/jwt_secret'), 'second time'],
    ['a conflict that git left', text.replace('    AAAA', '<<<<<<< HEAD\n    AAAA'), 'conflict'],
    ['a value in two lines', text.replace('    AAAA', '    AA\n    AA'), 'not as Keyward'],
    ['a value in quotes', text.replace('AAAA', '"AAAA"'), 'not as Keyward'],
    ['a value without a name', text.replace('  app/jwt_secret:\n', ''), 'not as Keyward'],
    ['a name without a value', text.replace('    AAAA\n', ''), 'not as Keyward'],
    ['a name in quotes that needs none', text.replace('app/jwt_secret', '"app/jwt_secret"'), 'not as Keyward'],
    ['a comment of its own', text.replace('values:', '# mine\nvalues:'), 'not as Keyward'],
    ['no final newline', text.slice(0, -1), 'not as Keyward'],
    ['something after the end', `${text}more: 1\n`, 'not as Keyward'],
    ['CRLF line ends', text.replaceAll('\n', '\r\n'), 'not as Keyward'],
    ['a group of names too few', text.replace(/ {2}bf:\n.*\n/, ''), 'not as Keyward'],
    ['another version', text.replace('sealed/v1', 'sealed/v2'), 'not as Keyward'],
    ['a label with spaces', text.replace('alice', 'al ice'), 'not as Keyward'],
    ['an anchor', text.replace('values:', 'values: &a'), 'not as Keyward'],
    ['nothing', '', 'not as Keyward'],
  ])('with %s is refused with the line', (_what, hostile, problem) => {
    expect(() => parseSealedYaml(hostile, 'f.yaml')).toThrow(/^f\.yaml:\d+: /);
    expect(() => parseSealedYaml(hostile, 'f.yaml')).toThrow(problem);
  });

  test('of a hundred thousand names, or of one line without an end, is read or refused at once', () => {
    const values = new Map(Array.from({ length: 100_000 }, (_, i) => [`app/n${String(i).padStart(6, '0')}`, 'AAAA']));
    expect(parseSealedYaml(formatSealedYaml(withValues(values)), 'f').values.size).toBe(100_000);
    expect(() => parseSealedYaml(`  ${'a:'.repeat(1_000_000)}`, 'f')).toThrow(/f:1/);
    expect(() => parseSealedYaml(text.replace('AAAA', 'A'.repeat(1_000_000).concat('!')), 'f')).toThrow(/f:\d+/);
  });
});

test('a label is one word', () => {
  for (const label of ['', 'alice', 'ci-server', 'a@b.example']) expect(isRecipientLabel(label)).toBe(true);
  for (const label of ['1', ' ', 'a b', 'a:', '-', 'a\n', 'a'.repeat(65)]) expect(isRecipientLabel(label)).toBe(false);
});
