import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSealedEnvName, isSealedFileName, nameBuckets, type SealedDocument } from '../core/sealed-document.js';
import { parseDotenv } from './dotenv.js';
import { formatSealedEnv, parseSealedEnv } from './sealed-env.js';
import { formatSealed, parseSealed } from './sealed-text.js';

const document: SealedDocument = {
  fileId: '0'.repeat(32),
  recipients: new Map([[`age1${'q'.repeat(58)}`, 'alice']]),
  key: 'a2V5',
  tag: 'dGFn',
  nameTags: Array.from({ length: nameBuckets }, (_, index) => `${'A'.repeat(7)}${index.toString(16)}`),
  values: new Map([
    ['exchange/binance#api_key', 'BBBB'],
    ['app/jwt_secret', 'AAAA'],
  ]),
  layout: new Map([
    ['exchange/binance#api_key', { variable: 'BINANCE_API_KEY', above: ['', '# for trading'] }],
    ['', { above: ['', '# the end'] }],
  ]),
};
const text = formatSealedEnv(document);

describe('the text of a sealed .env file', () => {
  test('has each value below its name, and what people wrote between them', () => {
    expect(text.split('\n').slice(-11)).toEqual([
      '# values:',
      '',
      '# for trading',
      '# exchange/binance#api_key:',
      'BINANCE_API_KEY=sealed:BBBB',
      '',
      '# app/jwt_secret:',
      'APP_JWT_SECRET=sealed:AAAA',
      '',
      '# the end',
      '',
    ]);
    expect(formatSealedEnv(parseSealedEnv(text, 'f'))).toBe(text);
  });

  test('reads back as it was, whatever the names and comments are', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => each.isWellFormed());
    const comment = fc.string({ unit: 'grapheme' }).filter((each) => !/[\n\r\u2028\u2029]/.test(each));
    const above = fc.array(
      fc.oneof(
        fc.constant(''),
        comment.map((each) => `#${each}`),
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, above), { selector: ([each]) => each }), (entries) => {
        const values = new Map(entries.map(([each]) => [each, 'AAAA']));
        const layout = new Map(entries.map(([each, lines]) => [each, { variable: 'A', above: lines }]));
        const read = parseSealedEnv(formatSealedEnv({ ...document, values, layout }), 'f');
        expect(read).toEqual({ ...document, values, layout });
        expect([...read.values.keys()]).toEqual([...values.keys()]);
      }),
    );
  });

  test('is a .env file for other readers, with nothing of the values', () => {
    const { entries, problems } = parseDotenv(text);
    expect(problems).toEqual([]);
    expect(entries.map(({ name, value }) => [name, value])).toEqual([
      ['BINANCE_API_KEY', 'sealed:BBBB'],
      ['APP_JWT_SECRET', 'sealed:AAAA'],
    ]);
  });

  test.each([
    ['a name that stands there twice', text.replace('# app/jwt_secret:', '# exchange/binance#api_key:'), 'second time'],
    ['a conflict that git left', text.replace('# for trading', '<<<<<<< HEAD'), 'conflict'],
    ['a value without a name', text.replace('# app/jwt_secret:\n', ''), 'not as Keyward'],
    ['a comment between name and value', text.replace('APP_JWT', '# mine\nAPP_JWT'), 'not as Keyward'],
    ['a value that is not sealed', text.replace('sealed:AAAA', 'AAAA'), 'not as Keyward'],
    ['a value in quotes', text.replace('sealed:AAAA', '"sealed:AAAA"'), 'not as Keyward'],
    ['a variable that is none', text.replace('APP_JWT', 'APP-JWT'), 'not as Keyward'],
    ['a header line that is no comment', text.replace('# key:', 'key:'), 'not as Keyward'],
    ['a comment in the header', text.replace('# key:', '# mine\n# key:'), 'not as Keyward'],
    ['no end of the header', text.replace('# values:\n', ''), 'not as Keyward'],
    ['CRLF line ends', text.replaceAll('\n', '\r\n'), 'not as Keyward'],
    ['no final newline', text.slice(0, -1), 'not as Keyward'],
    ['nothing', '', 'not as Keyward'],
  ])('with %s is refused with the line', (_what, hostile, problem) => {
    expect(() => parseSealedEnv(hostile, 'f')).toThrow(/^f:\d+: /);
    expect(() => parseSealedEnv(hostile, 'f')).toThrow(problem);
  });
});

test('the name of a file decides about its text', () => {
  for (const name of ['.env.sealed', 'a/.env.production.sealed', 'prod.env.sealed', '/x/.env.a.b.sealed']) {
    expect(isSealedEnvName(name) && isSealedFileName(name), name).toBe(true);
    expect(formatSealed(document, name)).toBe(text);
    expect(parseSealed(text, name).values).toEqual(document.values);
  }
  for (const name of ['keyward.sealed.yaml', '.env', 'sealed', 'x.sealed', '.env.sealed.yaml', '.env.sealed/x']) {
    expect(isSealedEnvName(name), name).toBe(false);
    expect(() => parseSealed(text, name)).toThrow(/not as Keyward/);
  }
});
