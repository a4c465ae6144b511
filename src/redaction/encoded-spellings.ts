import { percentSpellings } from './percent-spellings.js';

const bitsPerByte = 8;
const bitsPerCharacter = 6;
/** Columns at which tools break base64: RFC 7468 (PEM) and RFC 2045 (MIME, coreutils). */
const lineLengths = [64, 76];
/** How many bytes Node shows of a Buffer. */
const inspectedBytes = 50;

/** How bytes are written in text, whatever they mean: base64, hexadecimal, percent-encoding, decimal lists. */
export function* encodedSpellings(value: Uint8Array): Generator<string> {
  yield* base64Spellings(value);
  yield* hexSpellings(value);
  yield* percentSpellings(value);
  yield value.join(',');
}

/**
 * The value may stand at any place of what is encoded, so at each of the three alignments: the characters that depend
 * on the value alone, and those with which an encoding that ends with the value ends, with and without padding.
 */
function* base64Spellings(value: Uint8Array): Generator<string> {
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), value]).toString('base64');
    const first = Math.ceil((offset * bitsPerByte) / bitsPerCharacter);
    const end = Math.floor(((offset + value.length) * bitsPerByte) / bitsPerCharacter);
    const padded = text.slice(first);
    for (const spelling of [text.slice(first, end), padded.replace(/=+$/, ''), padded]) {
      yield spelling;
      yield spelling.replaceAll('+', '-').replaceAll('/', '_');
    }
  }
  const whole = Buffer.from(value).toString('base64');
  for (const length of lineLengths) {
    if (whole.length > length) yield whole.replaceAll(new RegExp(`.{${length}}(?=.)`, 'g'), '$&\n');
  }
}

function* hexSpellings(value: Uint8Array): Generator<string> {
  const hex = Buffer.from(value).toString('hex');
  const spaced = spacedBy(' ', hex);
  for (const spelling of [hex, spacedBy(':', hex), spaced, spaced.slice(0, inspectedBytes * 3 - 1)]) {
    yield spelling;
    yield spelling.toUpperCase();
  }
}

function spacedBy(separator: string, hex: string): string {
  return hex.replaceAll(/..(?=.)/g, `$&${separator}`);
}
