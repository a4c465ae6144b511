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
    pauses: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
  });
});

const numRuns = Number(process.env['KEYWARD_REDACTION_RUNS'] ?? 1_000);

describe('a redacted stream', () => {
  test('masks every spelling and alters nothing else, wherever the output is cut', () => {
    fc.assert(
      fc.property(cases, ({ values, text, cuts }) => {
        expect(written(values, cutAt(text, cuts))).toBe(expectedOutput(text, values, true));
      }),
      { numRuns },
    );
  });
});
