import { timingSafeEqual } from 'node:crypto';
import { KeywardError } from '../core/errors.js';

const encoder = new TextEncoder();
const shortText = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of the text. @throws KeywardError `invalid` for a lone surrogate: two texts must never give the same bytes. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new KeywardError('invalid', 'the text contains half of a surrogate pair');
  return text.length <= shortText ? (asciiBytes(text) ?? encoder.encode(text)) : encoder.encode(text);
}

/** A call into the encoder takes longer than a short text. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    bytes[at] = code;
  }
  return bytes;
}

/** The text of UTF-8 bytes, a leading byte order mark kept. @throws KeywardError `invalid` when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new KeywardError('invalid', 'the bytes are not UTF-8 text');
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function u8(value: number): Uint8Array {
  return bigEndian(value, 1);
}

export function u16(value: number): Uint8Array {
  return bigEndian(value, 2);
}

export function u32(value: number): Uint8Array {
  return bigEndian(value, 4);
}

export function u64(value: number): Uint8Array {
  return bigEndian(value, 8);
}

/** A 4-byte big-endian length, then the bytes (texts as UTF-8): no two lists of parts give the same bytes. */
export function lp(part: Uint8Array | string): Uint8Array {
  const bytes = typeof part === 'string' ? utf8(part) : part;
  const whole = new Uint8Array(4 + bytes.length);
  writeBigEndian(whole, 0, bytes.length, 4);
  whole.set(bytes, 4);
  return whole;
}

/** The bytes of a text in which each character stands for one: the form in which Node gives a hash fastest. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Compares in a time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

export function toHex(bytes: Uint8Array): string {
  return textOf(bytes, 'hex');
}

/** @throws KeywardError `invalid` for anything that `toHex` does not write, upper case included. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(text.length / 2));
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = hexDigit(text.charCodeAt(2 * at)) * 16 + hexDigit(text.charCodeAt(2 * at + 1));
  }
  return bytes;
}

/** `code` is `NaN` behind the end of the text. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10;
  throw new KeywardError('invalid', 'the text is not lower-case hexadecimal');
}

/** Standard alphabet, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return textOf(bytes, 'base64');
}

/** @throws KeywardError `invalid` for anything that `toBase64` does not write: other alphabets, spaces, stray bits. */
export function fromBase64(text: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (toBase64(bytes) !== text) throw new KeywardError('invalid', 'the text is not canonical base64');
  return bytes;
}

/**
 * Reads what `u8` to `u64`, `lp` and `concat` wrote. Every method throws KeywardError `integrity` when the bytes are
 * too short, or, for `end()`, too long.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#integer(1);
  }

  u16(): number {
    return this.#integer(2);
  }

  u32(): number {
    return this.#integer(4);
  }

  /** @throws KeywardError `integrity` above 2^53 - 1, which no writer of ours reaches. */
  u64(): number {
    return this.#integer(8);
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#next(length));
  }

  lp(): Uint8Array {
    return this.bytes(this.u32());
  }

  /** As `lp`, in the memory that is read from. */
  lpView(): Uint8Array {
    return this.#next(this.u32());
  }

  /** A length-prefixed UTF-8 text. */
  text(): string {
    const bytes = this.lpView();
    try {
      return fromUtf8(bytes);
    } catch {
      throw malformed();
    }
  }

  /** A copy of everything that was not read yet. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#offset);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  end(): void {
    if (!this.isAtEnd) throw malformed();
  }

  #next(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw malformed();
    const next = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return next;
  }

  #integer(width: number): number {
    const end = this.#offset + width;
    if (end > this.#bytes.length) throw malformed();
    let value = 0;
    for (; this.#offset < end; this.#offset += 1) value = value * 256 + (this.#bytes[this.#offset] ?? 0);
    if (!Number.isSafeInteger(value)) throw malformed();
    return value;
  }
}

function bigEndian(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  writeBigEndian(bytes, 0, value, width);
  return bytes;
}

/** How many numbers fit into so many bytes: a power takes longer than all the rest of writing one. */
const capacities: readonly number[] = Array.from({ length: 9 }, (_, width) => 256 ** width);

/** @throws KeywardError `internal` for a number that does not fit. */
export function writeBigEndian(bytes: Uint8Array, offset: number, value: number, width: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= (capacities[width] ?? 0)) {
    throw new KeywardError('internal', `a number does not fit into ${width} bytes`);
  }
  let rest = value;
  for (let at = offset + width - 1; at >= offset; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

const scratch = Buffer.alloc(64);

/** Asking a small array for its memory gives it another one first, which takes five times as long as to copy it. */
function textOf(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  const { length } = bytes;
  if (length > scratch.length) return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString(encoding);
  scratch.set(bytes);
  const text = scratch.toString(encoding, 0, length);
  scratch.fill(0, 0, length);
  return text;
}

function malformed(): KeywardError {
  return new KeywardError('integrity', 'stored data does not have the form it was written in');
}
