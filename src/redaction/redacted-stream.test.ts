import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from './redactor.js';
import { spellingsOf } from './spellings.js';

const mask = '<masked>';
const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const redactorOf = (values: readonly Uint8Array[]) =>
  createRedactor({ values: values.map((bytes, index) => ({ name: `${index}`, bytes })), mask });

/** What must come out, found by looking for every spelling at every place. */
function expectedOutput(text: Uint8Array, values: readonly Uint8Array[], isCut: boolean): string {
  const spellings = values.flatMap((value) => spellingsOf(value, 6));
  const whole = Buffer.from(text);
  const isMasked = new Uint8Array(text.length);
  for (const spelling of spellings) {
    for (let at = whole.indexOf(spelling); at >= 0; at = whole.indexOf(spelling, at + 1)) {
      isMasked.fill(1, at, at + spelling.length);
    }
  }
  if (isCut) {
    const begun = spellings.map((spelling) => {
      let length = Math.min(spelling.length, whole.length);
      while (length > 0 && !whole.subarray(whole.length - length).equals(spelling.subarray(0, length))) length -= 1;
      return length;
    });
    const longest = Math.max(0, ...begun);
    if (longest >= 6) isMasked.fill(1, whole.length - longest);
  }
  let output = '';
  whole.forEach((byte, at) => {
    if (isMasked[at] === 0) output += String.fromCharCode(byte);
    else if (isMasked[at - 1] !== 1) output += mask;
  });
  return output;
}

function written(values: readonly Uint8Array[], chunks: readonly Uint8Array[]): string {
  const stream = redactorOf(values).stream();
  const parts = chunks.map((chunk) => stream.write(chunk));
  return Buffer.concat([...parts, stream.end()]).toString('latin1');
}

function cutAt(text: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => text.subarray(sorted[index], end));
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (character === part[at]) at += 1;
  return at === part.length;
}

const fewLetters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 6, maxLength: 14 }).map(bytesOf);
const anyText = fc.string({ unit: 'binary', minLength: 6, maxLength: 40 }).map((text) => Buffer.from(text, 'utf8'));
const anyBytes = fc.uint8Array({ minLength: 6, maxLength: 60 });
const anyValues = fc.array(fc.oneof(fewLetters, anyText, anyBytes), { minLength: 1, maxLength: 4 });

/** Values, and an output made of their spellings, of pieces of these, and of anything else. */
const cases = anyValues.chain((values) => {
  const spellings = values.flatMap((value) => spellingsOf(value, 6));
  const spelling = spellings.length === 0 ? anyBytes : fc.constantFrom(...spellings);
  const piece = fc
    .tuple(spelling, fc.nat(), fc.nat())
    .map(([bytes, start, end]) => bytes.subarray(start % bytes.length, bytes.length - (end % bytes.length)));
  const noise = fc.oneof(fewLetters, anyBytes, fc.string({ maxLength: 8 }).map(bytesOf));
  const parts = fc.array(fc.oneof(spelling, piece, noise), { maxLength: 10 });
  return fc.record({
    values: fc.constant(values),
    text: parts.map((list) => Buffer.concat(list)),
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
  });
});

const numRuns = Number(process.env['KEYWARD_REDACTION_RUNS'] ?? 500);
const timeout = 30_000 + 50 * numRuns;

describe('a redacted stream', () => {
  test('masks every spelling and alters nothing else, wherever the output is cut', { timeout }, () => {
    fc.assert(
      fc.property(cases, ({ values, text, cuts }) => {
        expect(written(values, cutAt(text, cuts))).toBe(expectedOutput(text, values, true));
      }),
      { numRuns },
    );
  });

  test('that pauses anywhere shows two bytes at most for each mask, and alters nothing else', { timeout }, () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.boolean()), ({ values, text, cuts }, pauses) => {
        const stream = redactorOf(values).stream();
        const parts = cutAt(text, cuts).flatMap((chunk) => [
          stream.write(chunk),
          pauses.next().value === true ? stream.flush() : Buffer.alloc(0),
        ]);
        const shown = Buffer.concat([...parts, stream.end()])
          .toString('latin1')
          .split(mask);
        const plain = expectedOutput(text, values, true).replaceAll(mask, '');
        expect(isSubsequence(plain, shown.join(''))).toBe(true);
        expect(shown.join('').length - plain.length).toBeLessThanOrEqual(2 * (shown.length - 1));
        for (const spelling of values.flatMap((value) => spellingsOf(value, 6))) {
          expect(shown.filter((piece) => piece.includes(Buffer.from(spelling).toString('latin1')))).toEqual([]);
        }
      }),
      { numRuns },
    );
  });

  test('is masked alike when it is cut at each of its bytes, and when it comes byte by byte', () => {
    const values = ['s3cr3t-value', 'value-and-more', 's3cr3t'].map(bytesOf);
    const text = bytesOf(
      `a s3cr3t-value-and-more b s3cr3t s3cr3t-valu${Buffer.from('xs3cr3t-value').toString('base64')}`,
    );
    const expected = expectedOutput(text, values, true);
    expect(
      written(
        values,
        Array.from(text, (byte) => Uint8Array.of(byte)),
      ),
    ).toBe(expected);
    for (let at = 0; at <= text.length; at += 1) {
      expect(written(values, [text.subarray(0, at), text.subarray(at)])).toBe(expected);
    }
  });

  const table: Record<string, readonly [values: readonly string[], text: string, shown: string]> = {
    'two that overlap': [['abcdef-XYZ', 'XYZ-uvwxyz'], '<abcdef-XYZ-uvwxyz>', `<${mask}>`],
    'two that touch': [['abcdef', 'uvwxyz'], '<abcdefuvwxyz>', `<${mask}>`],
    'one that overlaps itself': [['abcabc'], 'xabcabcabcx', `x${mask}x`],
    'one that begins another': [['abcdef', 'abcdef-ghijkl'], 'abcdef-ghijkl abcdef-ghijk', `${mask} ${mask}-ghijk`],
    'one that ends another': [['x-abcdef', 'abcdef'], 'x-abcdef abcdef', `${mask} ${mask}`],
    'one inside another that is not complete': [
      ['1234-abcdef-5678', 'abcdef'],
      '1234-abcdef-567.',
      `1234-${mask}-567.`,
    ],
    'one right after a beginning of it': [['aab-cdef'], 'aaab-cdef', `a${mask}`],
    none: [[], 'abcdef', 'abcdef'],
  };
  test.each(Object.entries(table))('masks %s', (_name, [values, text, shown]) => {
    expect(written(values.map(bytesOf), [bytesOf(`${text}\n`)])).toBe(`${shown}\n`);
  });

  test('lets a prompt go when the output pauses, also one that ends as a value begins', () => {
    const stream = redactorOf([bytesOf(': hidden'), bytesOf('name-of-it')]).stream();
    expect(String(stream.write(bytesOf('login: ')))).toBe('login');
    expect(stream.pending).toBe(true);
    expect(String(stream.flush())).toBe(': ');
    expect(stream.pending).toBe(false);
    expect(String(stream.flush())).toBe('');
    expect(String(stream.write(bytesOf('x')))).toBe('x');
  });

  test('holds three bytes of a value and more, however long the output pauses', () => {
    const stream = redactorOf([bytesOf('s3cr3t-value')]).stream();
    let shown = '';
    for (const byte of bytesOf('s3cr3t-valu')) {
      shown += String(stream.write(Uint8Array.of(byte)));
      shown += String(stream.flush());
    }
    expect(shown).toBe('s3');
    expect(stream.pending).toBe(false);
    expect(shown + String(stream.write(bytesOf('e!')))).toBe(`s3${mask}!`);
  });

  test('shows a mask as soon as it is due, although a longer value may follow', () => {
    const stream = redactorOf([bytesOf('abcdef'), bytesOf('abcdef-ghijkl')]).stream();
    expect(String(stream.write(bytesOf('abcdef')))).toBe(mask);
    expect(String(stream.write(bytesOf('-ghijkl')))).toBe('');
    expect(String(stream.write(bytesOf(' x')))).toBe(' x');
  });

  test('masks a value that the end cuts off from six bytes on', () => {
    const value = bytesOf('s3cr3t-value');
    expect(written([value], [bytesOf('a s3cr3t')])).toBe(`a ${mask}`);
    expect(written([value], [bytesOf('a s3cr3')])).toBe('a s3cr3');
  });

  test('does not break characters of several bytes, nor the sequences of a terminal', () => {
    const text = '\u001b[31m€ – naïve – 密碼是 \u001b[1mpässwörter\u001b[0m 🔑\r\n';
    const stream = redactorOf([Buffer.from('pässwörter')]).stream();
    const parts = Array.from(Buffer.from(text), (byte) => stream.write(Uint8Array.of(byte)));
    const shown = Buffer.concat([...parts, stream.end()]).toString('utf8');
    expect(shown).toBe(text.replace('pässwörter', mask));
  });

  test('does not depend on what becomes of the bytes it was given', () => {
    for (const [begun, shown] of [
      ['s3cr3', 's3cr3X'],
      ['a s3cr3', 'a s3cr3X'],
    ] as const) {
      const stream = redactorOf([bytesOf('s3cr3t-value')]).stream();
      const chunk = bytesOf(begun);
      const first = String(stream.write(chunk));
      chunk.fill(0x78);
      expect(first + String(stream.write(bytesOf('X')))).toBe(shown);
    }
  });

  test('holds no more than the longest spelling, in a line without an end and in a run of beginnings', () => {
    const value = bytesOf(`${'ab'.repeat(40)}c`);
    const stream = redactorOf([value]).stream();
    const longest = Math.max(...spellingsOf(value, 6).map(({ length }) => length));
    let received = 0;
    let shown = 0;
    for (let turn = 0; turn < 2_000; turn += 1) {
      const chunk = Buffer.from('ab'.repeat(1 + (turn % 50)));
      received += chunk.length;
      shown += stream.write(chunk).length;
      expect(received - shown).toBeLessThanOrEqual(longest);
    }
    expect(shown + stream.end().length).toBeLessThanOrEqual(received);
  });
});

describe('a redactor', () => {
  test('names the values that it does not mask, and masks the others', () => {
    const values = { pin: '1234', flag: 'development', token: 'tok-98127' };
    const named = Object.entries(values).map(([name, value]) => ({ name, bytes: bytesOf(value) }));
    const redactor = createRedactor({ values: named });
    expect(redactor.skipped).toEqual(['pin', 'flag']);
    expect(redactor.redactText('1234 items in development: tok-98127')).toBe(
      '1234 items in development: ***REDACTED***',
    );
    expect(createRedactor({ values: named, minimumLength: 4 }).skipped).toEqual(['flag']);
  });

  test('answers the very text when there is nothing to mask, also one that no UTF-8 can hold', () => {
    const redactor = redactorOf([bytesOf('s3cr3t-value')]);
    for (const text of ['', 'plain s3cr3t', '\ud800 lone']) expect(redactor.redactText(text)).toBe(text);
  });

  test('takes over an output in the middle of a value, whether it was held back, masked or shown in a pause', () => {
    const values = ['s3cr3t-value', 'abcdef', 'abcdef-ghijkl'];
    const more = redactorOf([...values, 'another-one'].map(bytesOf));
    for (const [begun, rest, shown] of [
      ['s3', 'cr3t-value another-one', `s3${mask} ${mask}`],
      ['s3cr3t', '-value', mask],
      ['s3cr3t', '-other', 's3cr3t-other'],
      ['abcdef-ghi', 'jkl', mask],
      ['another-o', 'ne another-one', `another-one ${mask}`],
    ] as const) {
      const stream = redactorOf(values.map(bytesOf)).stream();
      const parts = [stream.write(bytesOf(begun)), stream.flush()];
      more.takeOver(stream);
      expect(Buffer.concat([...parts, stream.write(bytesOf(rest)), stream.end()]).toString(), begun).toBe(shown);
    }
  });

  test('masks two outputs independently', () => {
    const redactor = redactorOf([bytesOf('s3cr3t-value')]);
    const [out, err] = [redactor.stream(), redactor.stream()];
    const shown = [out.write(bytesOf('s3cr3t')), err.write(bytesOf('-value')), out.end(), err.end()].map(String);
    expect(shown).toEqual(['', '-value', mask, '']);
  });
});
