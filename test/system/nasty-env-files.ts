/** A `.env` file as somebody might have written it, and what it means. */
export interface NastyFile {
  readonly title: string;
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
}

/** One that has no single meaning, and where it stops having one: `line:column`. */
export interface BrokenFile {
  readonly title: string;
  readonly text: string;
  readonly at: string;
}

const one = (title: string, text: string, value: string): NastyFile => ({ title, text, values: { A: value } });
const bell = '\u0007';

const written: readonly NastyFile[] = [
  one('bcrypt', 'A=$2a$10$N9qo8uLOickgx2ZMRZoMye', '$2a$10$N9qo8uLOickgx2ZMRZoMye'),
  one('bcrypt in double quotes', 'A="$2b$12$x/y.z"', '$2b$12$x/y.z'),
  one('a reference to another name', `A='$${'{HOME}'} $HOME'`, `$${'{HOME}'} $HOME`),
  one('a command', "A='$(id) `id`'", '$(id) `id`'),
  one('a byte order mark', '\uFEFFA=b', 'b'),
  one('a byte order mark inside', "A='\uFEFFb'", '\uFEFFb'),
  one('CRLF', 'A=b\r\n', 'b'),
  one('no end of line', 'A=b', 'b'),
  one('lines of CRLF in quotes', 'A="one\r\ntwo"\r\n', 'one\ntwo'),
  one('an escaped CRLF', 'A="one\\r\\ntwo"', 'one\r\ntwo'),
  one(
    'a key in PEM',
    'A="-----BEGIN KEY-----\nMIIE+/==\n-----END KEY-----\n"',
    '-----BEGIN KEY-----\nMIIE+/==\n-----END KEY-----\n',
  ),
  one(
    'a key in PEM with escapes',
    'A="-----BEGIN KEY-----\\nMIIE\\n-----END KEY-----"',
    '-----BEGIN KEY-----\nMIIE\n-----END KEY-----',
  ),
  one('empty lines in quotes', "A='one\n\n\ntwo\n\n'", 'one\n\n\ntwo\n\n'),
  one('a line that looks like a comment', "A='one\n# two\nB=3'", 'one\n# two\nB=3'),
  one('export', 'export A=b', 'b'),
  one('export with a tab', 'export\tA = b', 'b'),
  { title: 'export as a name', text: 'A=b\nexport=x', values: { A: 'b', export: 'x' } },
  one('a # in the value', "A='a#b #c'", 'a#b #c'),
  one('a # without a space', 'A=a#b', 'a#b'),
  one('a comment after', 'A=a b #c', 'a b'),
  one('a comment after quotes', "A='a' # 'c'", 'a'),
  one('only a comment', 'A= # c', ''),
  one('nothing', 'A=', ''),
  one('empty quotes', "A=''", ''),
  one('spaces in quotes', "A='  b\t'", '  b\t'),
  one('spaces around', ' A =  b  ', 'b'),
  one('a quote inside', "A=it's", "it's"),
  one('double quotes inside', 'A=say "hi"', 'say "hi"'),
  one('all quotes', 'A=a\'b"c`d', 'a\'b"c`d'),
  one('all quotes on lines', 'A="a\'\\"`\n\\\\"', 'a\'"`\n\\'),
  one('a quote in front', 'A="\'b"', "'b"),
  one('JSON', 'A={"a": [1, "b"], "c": null}', '{"a": [1, "b"], "c": null}'),
  one('JSON that is a document', 'A=\'{"api_key":"k","n":1.0}\'', '{"api_key":"k","n":1.0}'),
  one('base64', 'A=aGVsbG8=\n', 'aGVsbG8='),
  one(
    'a URL',
    'A=postgres://u:p%40ss@h:5432/db?sslmode=require&x=y',
    'postgres://u:p%40ss@h:5432/db?sslmode=require&x=y',
  ),
  one('a Windows path', "A='C:\\new\\table'", 'C:\\new\\table'),
  one('a backslash at the end', 'A=b\\', 'b\\'),
  one('a backslash at the end of lines', 'A="a\nb\\\\"', 'a\nb\\'),
  one('a regular expression', "A='^\\d+\\s*[\"]$'", '^\\d+\\s*["]$'),
  one('unicode', 'A=grüße 密码 ключ', 'grüße 密码 ключ'),
  one('emoji', 'A=🔑👩‍💻', '🔑👩‍💻'),
  one('composed and decomposed', "A='é e\u0301'", 'é e\u0301'),
  one('right to left', "A='\u202eabc'", '\u202eabc'),
  one('spaces of other kinds', "A='\u00a0b\u2003'", '\u00a0b\u2003'),
  one('line separators', "A='a\u2028b\u2029c\u0085d'", 'a\u2028b\u2029c\u0085d'),
  one('control characters', `A='${bell}\u001b[31m\u007f'`, `${bell}\u001b[31m\u007f`),
  one('words of YAML', 'A=null', 'null'),
  one('a number', 'A=007.10', '007.10'),
  one('a name of a path', 'A=../../etc/passwd', '../../etc/passwd'),
  one('a line of options', 'A=--flag -x=1; rm', '--flag -x=1; rm'),
  one('a long value', `A=${'x'.repeat(100_000)}`, 'x'.repeat(100_000)),
  one('many lines', `A="${'line\n'.repeat(5000)}"`, 'line\n'.repeat(5000)),
  {
    title: 'names of every kind',
    text: 'a=1\n_B=2\nC9=3\nlong_name_with_Case=4',
    values: { a: '1', _B: '2', C9: '3', long_name_with_Case: '4' },
  },
  { title: 'equal values', text: 'A=x\nB=x\n', values: { A: 'x', B: 'x' } },
  {
    title: 'an exchange',
    text: 'BINANCE_API_KEY=k\nBINANCE_SECRET_KEY="s\ns"\n',
    values: { BINANCE_API_KEY: 'k', BINANCE_SECRET_KEY: 's\ns' },
  },
  { title: 'only comments', text: '# a\n\n  # b\r\n', values: {} },
  { title: 'nothing at all', text: '', values: {} },
];

export const brokenFiles: readonly BrokenFile[] = [
  { title: 'a name that stands there twice', text: 'A=1\nB=2\nA=3', at: '3:1' },
  { title: 'a name that stands there twice with one value', text: 'A=1\nexport A=1', at: '2:8' },
  { title: 'a single quote that is not closed', text: "A=1\nB='x\ny", at: '2:3' },
  { title: 'a double quote that is not closed', text: 'A="x\\"', at: '1:3' },
  { title: 'a backtick that is not closed', text: 'A=`x', at: '1:3' },
  { title: 'text after a quote', text: 'A="x"y', at: '1:6' },
  { title: 'text after lines in quotes', text: "A='x\ny' z", at: '2:3' },
  { title: 'a backslash before a single quote', text: "A='it\\'s'", at: '1:8' },
  { title: 'a word', text: 'A=1\nhello', at: '2:1' },
  { title: 'a colon', text: 'A: x', at: '1:1' },
  { title: 'a name in quotes', text: '"A"=x', at: '1:1' },
  { title: 'a name that begins with a digit', text: '1A=x', at: '1:1' },
  { title: 'a name of other letters', text: 'Ä=x', at: '1:1' },
  { title: 'a value without a name', text: '=x', at: '1:1' },
  { title: 'export of a name', text: 'export A', at: '1:1' },
  { title: 'a NUL', text: 'A=x\0y', at: '1:3' },
  { title: 'a carriage return by itself', text: 'A="x\ry"', at: '1:3' },
  { title: 'old line ends', text: 'A=1\rB=2', at: '1:3' },
  { title: 'a key without quotes', text: 'A=-----BEGIN KEY-----\nMIIE/x+y\n', at: '2:1' },
  { title: 'a broken line behind good ones', text: `${'X=1\n'.replace('X', 'A')}B="two\nlines"\noops`, at: '4:1' },
];

/** Numbers below 1, the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pieces = [
  ...['a', 'Z', '7', ' ', '  ', '\t', '#', ' #', '$', '$2a$10$', '=', ':', ';', '&', '|', '!', '*', '?', '~', '%41'],
  ...[
    '\\',
    '\\n',
    '\\t',
    '\\\\',
    '/',
    '-',
    '--',
    '[',
    '{',
    '}',
    '(',
    '<',
    '>',
    ',',
    '.',
    '@',
    '^',
    '+',
    'é',
    'ß',
    '密',
    '🔑',
  ],
  ...["'", '"', '`', '\n', '\n\n', '\u00a0', '\u2028', '\ufeff', 'export B=', '# no comment', 'A=', `$${'{A}'}`],
];

/** A value in each way of writing it that can hold it. */
function waysOf(value: string): readonly string[] {
  const ways = [`"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`];
  if (!value.includes("'")) ways.push(`'${value}'`);
  if (!value.includes('`')) ways.push(`\`${value}\``);
  if (!/["\\]/.test(value)) ways.push(`"${value}"`);
  if (!/[\n#]|^["'`]/.test(value) && !/^[ \t]|[ \t]$/.test(value)) ways.push(value);
  return ways;
}

function generated(seed: number): NastyFile {
  const next = numbers(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(next() * from.length)];
  const values: Record<string, string> = {};
  let text = next() < 0.2 ? '\uFEFF' : '';
  const count = 1 + Math.floor(next() * 6);
  for (let index = 0; index < count; index += 1) {
    const name = `${pick(['N', 'n_', '_', 'Long_Name_'])}${seed}_${index}`;
    const value = Array.from({ length: Math.floor(next() * 8) }, () => pick(pieces) ?? '').join('');
    values[name] = value;
    if (next() < 0.3) text += pick(['# comment = "x\n', '\n', '  \t\n', "#'\n"]);
    text += `${pick(['', 'export ', ' ', 'export  '])}${name}${pick(['=', ' = ', '= '])}${pick(waysOf(value))}`;
    text += `${pick(['', ' ', ' # comment', ' #"'])}\n`;
  }
  const isCrlf = next() < 0.3;
  return { title: `generated from ${seed}`, text: isCrlf ? text.replaceAll('\n', '\r\n') : text, values };
}

export const nastyFiles: readonly NastyFile[] = [
  ...written,
  ...Array.from({ length: 160 }, (_, index) => generated(index + 1)),
];
