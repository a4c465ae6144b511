const bitsPerByte = 8;
const bitsPerCharacter = 6;
/** Columns at which tools break base64: RFC 7468 (PEM) and RFC 2045 (MIME, coreutils). */
const lineLengths = [64, 76];
/** How many bytes of a Buffer Node shows. */
const inspectedBytes = 50;

/**
 * The value may stand at any place of what is encoded, so at each of the three alignments: the characters that depend
 * on the value alone, and those with which an encoding that ends with the value ends, with and without padding.
 */
export function* base64Spellings(value: Uint8Array): Generator<string> {
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

export function* hexSpellings(value: Uint8Array): Generator<string> {
  const hex = Buffer.from(value).toString('hex');
  yield hex;
  yield hex.toUpperCase();
}

/** Bytes one by one, as dumps and `util.inspect` show them. */
export function* listSpellings(value: Uint8Array): Generator<string> {
  const hex = Buffer.from(value).toString('hex');
  const spaced = hex.replaceAll(/..(?=.)/g, '$& ');
  for (const list of [spaced, spaced.slice(0, inspectedBytes * 3 - 1), spaced.replaceAll(' ', ':')]) {
    yield list;
    yield list.toUpperCase();
  }
  yield value.join(',');
}
