import { parse as parseByOracle } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertNoErrors, parseDotenv } from './dotenv.js';
import { formatDotenv } from './format-dotenv.js';

const braced = ['$', '{B}'].join('');
const valuesOf = (text: string) => {
  const { entries, problems } = parseDotenv(text);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
};
const errorsOf = (text: string) =>
  parseDotenv(text)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ line, column }) => `${line}:${column}`);
const warningsOf = (text: string) =>
  parseDotenv(text)
    .problems.filter(({ severity }) => severity === 'warning')
    .map(({ line, column }) => `${line}:${column}`);

describe('values', () => {
  test.each([
    ['A=b', 'b'],
    ['A=', ''],
    ['A=""', ''],
    ["A=''", ''],
    ['A = b ', 'b'],
    ['\tA\t=\tb\t', 'b'],
    ['export A=b', 'b'],
    ['export\tA="b"', 'b'],
    ['A=b # comment', 'b'],
    ['A= # comment', ''],
    ['A="b # no comment" # comment', 'b # no comment'],
    ["A='b'#comment", 'b'],
    ['A=a b  c', 'a b  c'],
    ['A=b=c==', 'b=c=='],
    ['A=say "hi"', 'say "hi"'],
    ["A=it's", "it's"],
    ["A=' b '", ' b '],
    ['A="it\'s"', "it's"],
    ['A=\'say "hi"\'', 'say "hi"'],
    ['A=`it\'s "hi"`', 'it\'s "hi"'],
    ['A="a\\nb\\rc"', 'a\nb\rc'],
    ["A='a\\nb'", 'a\\nb'],
    ['A=a\\nb', 'a\\nb'],
    ['A="C:\\dir \\d+"', 'C:\\dir \\d+'],
    ['A=$2a$10$abc', '$2a$10$abc'],
    [`A='${braced} $(rm)'`, `${braced} $(rm)`],
    ['A="one\ntwo\n"', 'one\ntwo\n'],
    ["A='one\n\n# two'", 'one\n\n# two'],
    ['A="one\r\ntwo"\r\n', 'one\ntwo'],
    ['A=grüße 🔑', 'grüße 🔑'],
    ['A={"a": [1, "b"]}', '{"a": [1, "b"]}'],
    ['\uFEFFA=b', 'b'],
  ])('%j holds %j, as the dotenv package says too', (text, value) => {
    expect(valuesOf(text)).toEqual({ A: value });
    expect(parseByOracle(text.replace('\uFEFF', ''))).toEqual({ A: value });
  });

  test.each([
    ['A="say \\"hi\\""', 'say "hi"'],
    ['A="a\\\\nb"', 'a\\nb'],
    ['A="a\\tb"', 'a\tb'],
    ['A=abc#def', 'abc#def'],
    ['A=#abc', '#abc'],
    ['A=abc\u00a0', 'abc\u00a0'],
    ['A=a\u2028b', 'a\u2028b'],
    [`A=postgres://${braced}@host`, `postgres://${braced}@host`],
    [`A="${braced}"`, braced],
  ])('%j holds %j, with a warning that tools disagree', (text, value) => {
    expect(valuesOf(text)).toEqual({ A: value });
    expect(warningsOf(text)).toEqual(['1:3']);
  });

  test('a value without doubt has no warning', () => {
    expect(warningsOf(`A=b\nC="d e"\nE='f # "g" \\\\ ${braced}'\nI=a #b\n`)).toEqual([]);
  });
});

describe('the file as a whole', () => {
  test('entries keep their order and say where they stand', () => {
    const text = '# first\n\nB=1\n  export A="x\ny"\nC=3';
    expect(parseDotenv(text).entries).toEqual([
      { name: 'B', value: '1', line: 3, column: 1 },
      { name: 'A', value: 'x\ny', line: 4, column: 10 },
      { name: 'C', value: '3', line: 6, column: 1 },
    ]);
  });

  test('an empty file, a comment without an end and blank lines are no problem', () => {
    for (const text of ['', '\n', '   \n\t\r\n', '# x', '\uFEFF']) {
      expect(parseDotenv(text)).toEqual({ entries: [], problems: [] });
    }
  });

  test('names may hold dots and dashes after the first letter, and be called export', () => {
    expect(valuesOf('a.b-c=1\n_x9=2\nexport=3')).toEqual({ 'a.b-c': '1', _x9: '2', export: '3' });
  });
});

describe('errors', () => {
  test.each([
    ['a word', 'JUNK', ['1:1']],
    ['an export without a value', 'A=1\nexport B', ['2:1']],
    ['a name that begins with a digit', '1A=x', ['1:1']],
    ['a value without a name', '=x', ['1:1']],
    ['a colon instead of =', 'A: x', ['1:1']],
    ['a name in quotes', '"A"=x', ['1:1']],
    ['an unclosed single quote', "A=1\nB='x\nC=3", ['2:3']],
    ['an unclosed double quote behind an escaped one', 'A="x\\"', ['1:3']],
    ['an unclosed backtick', 'A=`x', ['1:3']],
    ['text after the closing quote', 'A="x"y\nB=1', ['1:6']],
    ['a backslash before a closing single quote', "A='it\\'s'", ['1:8']],
    ['text after the last line of a quote', "A='x\ny' z", ['2:3']],
    ['a name that stands there twice', 'A=1\nB=2\n export A=3', ['3:9']],
    ['a lone carriage return', 'A="x\ry"', ['1:3']],
    ['a NUL', 'A=x\0y', ['1:3']],
    ['lines of a key without quotes', 'A=-----BEGIN KEY-----\nMIIE/x+y\n-----END KEY-----', ['2:1', '3:1']],
  ])('%s is an error with its place', (_, text, places) => {
    expect(errorsOf(text)).toEqual(places);
  });

  test('the entries around an error are still read', () => {
    expect(parseDotenv('A=1\njunk\nB=2').entries.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  test('of a name that stands there twice the first value is kept', () => {
    expect(parseDotenv('A=first\nA=second').entries).toMatchObject([{ value: 'first' }]);
  });

  test('a file with errors is refused by file, line and column, and nothing of it is quoted', () => {
    for (const text of ['\nCANARY', "\nA='CANARY", '\nCANARY=1\nCANARY=2', '\nA="x"CANARY', '\nA="CANARY\r"']) {
      const dotenv = parseDotenv(text);
      expect(() => assertNoErrors(dotenv, '.env')).toThrow(/^\.env:[23]:\d+: /);
      expect(JSON.stringify(dotenv.problems)).not.toContain('CANARY');
    }
    expect(() => assertNoErrors(parseDotenv('A=a#b'), '.env')).not.toThrow();
  });

  test('a long file of unclosed quotes and junk is read in one pass', () => {
    const text = `${'A="x"y\n'.repeat(20_000)}${"B='\n".repeat(20_001)}`;
    expect(parseDotenv(text).problems.length).toBeGreaterThan(20_000);
  });
});

const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '"', "'", '`', '\\', '\\n', '\\\\', '#', ' #', '$', braced, '=', ' ', '\t'),
      fc.constantFrom(
        'export ',
        '\uFEFF',
        '\u2028',
        '\u00a0',
        '\u0000',
        'é',
        'e\u0301',
        '🔑',
        '$2a$10$',
        'A=',
        '-----',
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const holdable = nastyText.filter((text) => !text.includes('\0'));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/);

describe('properties', () => {
  test('any values come back from the file that is written for them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, holdable), { selector: ([key]) => key }), (entries) => {
        const { entries: read, problems } = parseDotenv(formatDotenv(entries));
        expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(read.map((entry) => [entry.name, entry.value])).toEqual(entries);
      }),
      { numRuns: 1000 },
    );
  });

  test('a written file reads the same with CRLF line ends, unless a value has several lines', () => {
    fc.assert(
      fc.property(
        name,
        holdable.filter((value) => !value.includes('\n')),
        (key, value) => {
          expect(valuesOf(formatDotenv([[key, value]]).replace(/\n$/, '\r\n'))).toEqual({ [key]: value });
        },
      ),
    );
  });

  test('the dotenv package reads what is written the same way, wherever there is no warning', () => {
    fc.assert(
      fc.property(name, holdable, (key, value) => {
        const text = formatDotenv([[key, value]]);
        fc.pre(parseDotenv(text).problems.length === 0 && key !== '__proto__');
        expect(parseByOracle(text)).toEqual({ [key]: value });
      }),
      { numRuns: 1000 },
    );
  });

  test('any text at all gives entries and problems, with places inside it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('', 'A=', 'B="', "C='"), nastyText)), (lines) => {
        const text = lines.map(([start, rest]) => start + rest).join('\n');
        const count = text.split('\n').length;
        const { entries, problems } = parseDotenv(text);
        for (const { line, column } of [...entries, ...problems]) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(count);
          expect(column).toBeGreaterThan(0);
        }
        expect(new Set(entries.map((entry) => entry.name)).size).toBe(entries.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('wherever a file has no problem at all, the dotenv package reads the same names and values', () => {
    const line = fc.oneof(
      fc.tuple(name, fc.constantFrom('=', ' = ', '= '), fc.stringMatching(/^[A-Za-z0-9 _./:@%+,=$&*!?{}()-]*$/)),
      fc.tuple(name, fc.constant('='), fc.stringMatching(/^(?:"[^"\\\r]*"|'[^'\\\r]*'|`[^`\\\r]*`)$/)),
    );
    fc.assert(
      fc.property(
        fc.array(
          line.map((parts) => parts.join('')),
          { maxLength: 8 },
        ),
        (lines) => {
          const text = lines.join('\n');
          fc.pre(parseDotenv(text).problems.length === 0 && !text.includes('__proto__'));
          expect(valuesOf(text)).toEqual(parseByOracle(text));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('writing', () => {
  test('quotes only where they are needed, and so that tools agree', () => {
    const text = formatDotenv([
      ['PLAIN', 'abc/123=='],
      ['EMPTY', ''],
      ['SPACE', 'a b'],
      ['HASH', 'a#b'],
      ['DOLLAR', '$2a$10$x'],
      ['QUOTE', "it's"],
      ['BOTH', `it's "x"`],
      ['LINES', 'a\nb'],
      ['RETURN', 'a\r\nb'],
    ]);
    expect(text.split('\n').slice(0, 8)).toEqual([
      'PLAIN=abc/123==',
      'EMPTY=',
      "SPACE='a b'",
      "HASH='a#b'",
      "DOLLAR='$2a$10$x'",
      `QUOTE="it's"`,
      'BOTH=`it\'s "x"`',
      "LINES='a",
    ]);
    expect(text).toContain('RETURN="a\\r\nb"\n');
  });

  test.each(['1A', 'A B', '', 'A=B', 'A\n', 'Ä'])('the name %j is refused', (bad) => {
    expect(() => formatDotenv([[bad, 'x']])).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  test('a NUL and a lone surrogate are refused without quoting the value', () => {
    for (const value of ['CANARY\0', 'CANARY\ud800']) {
      expect(() => formatDotenv([['A', value]])).toThrow(/^(?!.*CANARY)a .env file cannot hold A: its value/);
    }
  });
});
