/** A part of a block that is written in an encoding, decoded. */
export interface Layer {
  readonly bytes: Uint8Array;
  /** Where the encoded part stands in the block. */
  readonly start: number;
  readonly end: number;
}

/** How hard to look: for text that decodes to text, or for anything that any decoding gives. */
export type Thoroughness = 'text' | 'all';

/** Of characters that may be base64; ten bytes take 14 of them. */
const shortestRuns: Readonly<Record<Thoroughness, number>> = { text: 20, all: 13 };
const sampleCharacters = 24;
/** Less than this holds no secret. */
const shortestRegion = 10;
const wrappedLine = 40;
const longestRegion = 64 * 1024;
const fewestWide = 8;

const base64Class = classOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_');
const hexClass = classOf('0123456789abcdefABCDEF');
const linkEnd = classOf(' \t\r\n"<>');
const lineEnd = classOf('\r\n');

/** Pairs of digits as dumps, certificates and string literals write them, and decimal numbers as languages print them. */
const hexList = /(?:(?:0x|\\x)?[0-9a-fA-F]{2}(?:[ :,-]|, |(?=\\x))){9,8192}(?:0x|\\x)?[0-9a-fA-F]{2}/g;
const decimalList = /(?:\d{1,3}, ?){9,8192}\d{1,3}/g;

/** Everything in a block that stands in base64, hexadecimal, percent-encoding, behind backslashes or in UTF-16. */
export function* decodedLayers(bytes: Uint8Array, thoroughness: Thoroughness): Generator<Layer> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  yield* runLayers(buffer, thoroughness);
  yield* percentLayers(buffer);
  yield* backslashLayers(buffer);
  if (buffer.includes(0)) yield* wideLayers(buffer);
  if (thoroughness === 'all') yield* listLayers(buffer);
}

/** A run of so many characters covers a multiple of their number, so no other places need a look. */
function* runLayers(bytes: Buffer, thoroughness: Thoroughness): Generator<Layer> {
  const shortestRun = shortestRuns[thoroughness];
  for (let probe = shortestRun - 1; probe < bytes.length; probe += shortestRun) {
    if (base64Class[bytes[probe] ?? 0] !== 1) continue;
    let start = probe;
    while (start > 0 && base64Class[bytes[start - 1] ?? 0] === 1) start -= 1;
    const { text, end } = wrappedRun(bytes, start);
    probe += Math.floor(Math.max(0, end - probe) / shortestRun) * shortestRun;
    if (text.length >= shortestRun) yield* decodedRun(text, start, end, thoroughness);
  }
}

/** The run with the lines it goes on in, as PEM, MIME and YAML wrap it. */
function wrappedRun(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const parts: string[] = [];
  let lineStart = start;
  let end = start;
  for (;;) {
    while (base64Class[bytes[end] ?? 0] === 1) end += 1;
    parts.push(bytes.toString('latin1', lineStart, end));
    if (end - lineStart < wrappedLine || lineEnd[bytes[end] ?? 0] !== 1) break;
    let next = end;
    while (next < end + 16 && (lineEnd[bytes[next] ?? 0] === 1 || bytes[next] === 0x20)) next += 1;
    if (base64Class[bytes[next] ?? 0] !== 1) break;
    lineStart = next;
    end = next;
  }
  return { text: parts.length === 1 ? (parts[0] ?? '') : parts.join(''), end };
}

function* decodedRun(text: string, start: number, end: number, thoroughness: Thoroughness): Generator<Layer> {
  const isHex = isAll(text, hexClass);
  for (const offset of thoroughness === 'all' ? [0, 1, 2, 3] : [0]) {
    for (const encoding of isHex && offset < 2 ? (['hex', 'base64'] as const) : (['base64'] as const)) {
      const sample = Buffer.from(text.slice(offset, offset + sampleCharacters), encoding);
      if (thoroughness === 'text' && !looksLikeText(sample)) continue;
      yield { bytes: Buffer.from(text.slice(offset), encoding), start, end };
    }
  }
}

function* percentLayers(bytes: Buffer): Generator<Layer> {
  for (let sign = bytes.indexOf('%'); sign >= 0; ) {
    const isEscape = hexClass[bytes[sign + 1] ?? 0] === 1 && hexClass[bytes[sign + 2] ?? 0] === 1;
    let end = sign + 1;
    if (isEscape) {
      const start = regionStart(bytes, sign, linkEnd);
      end = regionEnd(bytes, sign, linkEnd);
      const text = end - start < shortestRegion ? '' : bytes.toString('latin1', start, end);
      const decode = (from: string) =>
        Buffer.from(
          from.replaceAll(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
          'latin1',
        );
      if (text !== '') yield { bytes: decode(text), start, end };
      if (text.includes('+')) yield { bytes: decode(text.replaceAll('+', ' ')), start, end };
    }
    sign = bytes.indexOf('%', end);
  }
}

const shortEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' };
const escapes = /'\\''|\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g;

/** Lines with backslashes, as JSON, shells and string literals have them. */
function* backslashLayers(bytes: Buffer): Generator<Layer> {
  for (let sign = bytes.indexOf('\\'); sign >= 0; ) {
    const start = regionStart(bytes, sign, lineEnd);
    const end = Math.max(sign + 1, regionEnd(bytes, sign, lineEnd));
    sign = bytes.indexOf('\\', end);
    if (end - start < shortestRegion) continue;
    const text = bytes
      .toString('utf8', start, end)
      .replaceAll(escapes, (whole: string, wide?: string, narrow?: string, other?: string) => {
        const code = wide ?? narrow;
        if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
        return other === undefined ? whole.slice(0, 1) : (shortEscapes[other] ?? other);
      });
    yield { bytes: Buffer.from(text), start, end };
  }
}

/** UTF-16 of either order: every second byte is zero. */
function* wideLayers(bytes: Buffer): Generator<Layer> {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const even = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)));
    yield {
      bytes: Buffer.from((bytes[0] === 0xff ? even : even.swap16()).toString('utf16le')),
      start: 0,
      end: bytes.length,
    };
  }
  const isWide = (at: number) => bytes[at] !== 0 && bytes[at + 1] === 0;
  for (let at = 0; at + 1 < bytes.length; at += 1) {
    if (!isWide(at)) continue;
    const start = at;
    while (at + 1 < bytes.length && isWide(at)) at += 2;
    // In the other order no zero comes after the last one.
    const count = (at - start) / 2 + 1;
    if (count < fewestWide) continue;
    const narrow = Uint8Array.from({ length: count }, (_, index) => bytes[start + 2 * index] ?? 0);
    yield { bytes: Buffer.from(Buffer.from(narrow).toString('latin1')), start, end: at };
  }
}

function* listLayers(bytes: Buffer): Generator<Layer> {
  const text = bytes.toString('latin1');
  for (const { 0: found, index } of text.matchAll(hexList)) {
    const digits = found.replaceAll(/0x|\\x|[^0-9a-fA-F]/g, '');
    yield { bytes: Buffer.from(digits, 'hex'), start: index, end: index + found.length };
  }
  for (const { 0: found, index } of text.matchAll(decimalList)) {
    yield { bytes: Uint8Array.from(found.split(','), Number), start: index, end: index + found.length };
  }
}

function regionStart(bytes: Uint8Array, from: number, ends: Uint8Array): number {
  let start = from;
  while (start > 0 && from - start < longestRegion / 16 && ends[bytes[start - 1] ?? 0] !== 1) start -= 1;
  return start;
}

function regionEnd(bytes: Uint8Array, from: number, ends: Uint8Array): number {
  let end = from;
  while (end < bytes.length && end - from < longestRegion && ends[bytes[end] ?? 0] !== 1) end += 1;
  return end;
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function isAll(text: string, wanted: Uint8Array): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (wanted[text.charCodeAt(at)] !== 1) return false;
  }
  return true;
}

function classOf(characters: string): Uint8Array {
  const members = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) members[byte] = 1;
  return members;
}
