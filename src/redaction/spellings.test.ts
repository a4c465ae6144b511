import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from './redactor.js';
import { spellingsOf } from './spellings.js';

const awkward = `p@ss "w0rd"/+~'\\$\`<é>&=%;#`;
const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDq1+aZ7u/3kT5x'}\n${'q8ZkYV0pN4xWjv2bT9cM1sR6eL3hF5gU7iO0aB2dC4eD6fE8gF0hG2iH4jI6kJ8l'}\nab==\n-----END PRIVATE KEY-----\n`;

const masked = (value: string | Uint8Array, output: string | Uint8Array) => {
  const stream = createRedactor({ values: [{ name: 'v', bytes: Buffer.from(value) }], mask: '*' }).stream();
  return Buffer.concat([stream.write(Buffer.from(output)), stream.release()]).toString('utf8');
};

const encoders: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 without padding': (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'hexadecimal in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hexadecimal with colons': (text) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(':'),
  'a Buffer printed': (text) => /<Buffer ([^.]*)/.exec(inspect(Buffer.from(text)))?.[1]?.replace(/[ >]$/, '') ?? '',
  'a list of bytes': (text) => [...Buffer.from(text)].join(','),
  encodeURIComponent: encodeURIComponent,
  encodeURI: encodeURI,
  'percent-encoding in small letters': (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (digits) => digits.toLowerCase()),
  'a form': (text) => new URLSearchParams({ v: text }).toString().slice(2),
  'the password of a URL': (text) => Object.assign(new URL('http://host'), { password: text }).password,
  'the query of a URL': (text) => Object.assign(new URL('http://host'), { search: `v=${text}` }).search.slice(3),
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'JSON with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'JSON of Python': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'JSON of Go': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'JSON of .NET': (text) =>
    text
      .replaceAll('\\', '\\\\')
      .replaceAll(/[<>&'"+`]|[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`),
  'a word in single quotes': (text) => text.replaceAll("'", "'\\''"),
  'a word quoted by Python': (text) => text.replaceAll("'", `'"'"'`),
  'a word in double quotes': (text) => text.replaceAll(/["$`\\]/g, '\\$&'),
  'a string of util.inspect': (text) => inspect(text).slice(1, -1),
  'UTF-16': (text) => Buffer.from(text, 'utf16le').toString('utf8'),
};

describe('spellings', () => {
  test.each(Object.entries(encoders))('cover %s', (_name, encode) => {
    for (const value of ['kx-9f81Zq7', 'a/b+c?d&e=f g~', awkward.replaceAll('é', 'e')]) {
      expect(masked(value, `before ${encode(value)}.`), value).toMatch(/^before \*\W{0,2}\.$/);
    }
  });

  test.each(Object.entries(encoders).filter(([name]) => name !== 'UTF-16'))('cover %s of any text', (_name, encode) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 6, maxLength: 24 }), (value) => {
        fc.pre(value.trim() === value && spellingsOf(Buffer.from(value), 6).length > 0 && !/[\n\r]/.test(value));
        expect(masked(value, encode(value))).toMatch(/^\*=*$/);
      }),
      { numRuns: 200 },
    );
  });

  test('cover what bash writes with printf %q and in a trace', () => {
    for (const value of ['it is "$HOME"; (now)', "quote ' and `tick`", 'tab\tand newline\nhere']) {
      const quoted = execFileSync('bash', ['-c', 'printf %q "$1"', '-', value], { encoding: 'utf8' });
      expect(masked(value, quoted)).toMatch(/^(?:\*|\$'\*')$/);
      const traced = execFileSync('bash', ['-c', 'exec 2>&1; set -x; : "$1"', '-', value], { encoding: 'utf8' });
      expect(masked(value, traced)).toMatch(/^\+ : (?:'\*'|\$'\*')\n$/);
    }
  });

  test('cover base64 of any text that the value is a part of, up to the bits it shares with its neighbours', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 7 }),
        fc.uint8Array({ minLength: 6 }),
        fc.uint8Array({ maxLength: 7 }),
        (before, value, after) => {
          fc.pre(spellingsOf(value, 6).length > 0);
          const output = Buffer.concat([before, value, after]).toString('base64');
          const first = Math.ceil((before.length * 4) / 3);
          const end = Math.floor(((before.length + value.length) * 4) / 3);
          expect(masked(value, output).length).toBeLessThanOrEqual(output.length - (end - first) + 1);
          expect(masked(value, output)).toContain('*');
        },
      ),
    );
  });

  test('cover base64 in lines', () => {
    const value = 'a value that is long enough for more than one line of base64, at 64 and at 76 columns alike';
    for (const columns of [64, 76]) {
      const text = Buffer.from(value)
        .toString('base64')
        .replaceAll(new RegExp(`.{${columns}}`, 'g'), '$&\n');
      expect(masked(value, `${text}\n`)).toBe('*\n');
    }
  });

  test('cover every line of a value with several, indented or with other line ends', () => {
    for (const line of pem.split('\n').slice(1, 3)) expect(masked(pem, `  | ${line}\r\n`)).toBe('  | *\r\n');
    expect(masked(pem, pem)).toBe('*');
    expect(masked(pem, pem.trim())).not.toContain('MII');
    expect(masked(pem, pem.replaceAll('\n', '\r\n'))).toBe('*');
    expect(masked(pem.replaceAll('\n', '\r\n'), pem)).toBe('*');
    expect(masked(pem, JSON.stringify({ pem }))).toBe('{"pem":"*"}');
  });

  test('leave the first and last line of every PEM file alone, and short lines', () => {
    const other = '-----BEGIN PRIVATE KEY-----\nother\nab==\n-----END PRIVATE KEY-----\n';
    expect(masked(pem, other)).toBe(other);
  });

  test('cover binary values', () => {
    const value = Uint8Array.of(0xff, 0, 0x80, 10, 0xfe, 0x61, 0x62, 3);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(masked(value, Buffer.from(value).toString(encoding))).toMatch(/^\*$/);
    }
    expect(masked(value, Buffer.concat([Buffer.from('<'), value, Buffer.from('>')]))).toBe('<*>');
  });

  test('of a file are those of the whole and its lines in base64 and hexadecimal', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `line ${index} ${'x'.repeat(index % 30)}`);
    const file = Buffer.from(lines.join('\n'));
    for (const output of [file, file.toString('base64'), file.toString('hex'), lines.at(-1) ?? '']) {
      expect(masked(file, output)).toBe('*');
    }
  });

  test('are never shorter than the minimum, so that other text is not mangled', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 4, max: 9 }), (value, minimum) => {
        expect(spellingsOf(value, minimum).filter(({ length }) => length < minimum)).toEqual([]);
        if (value.length < minimum) expect(spellingsOf(value, minimum)).toEqual([]);
      }),
    );
  });

  test('of what stands in every text there are none', () => {
    for (const value of ['000000', 'abababab', 'localhost', 'Password', 'production', '      ']) {
      expect(spellingsOf(Buffer.from(value), 6), value).toEqual([]);
    }
  });
});
