import { KeywardError } from '../core/errors.js';

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const checksumDigits = 6;

/**
 * The bytes of a Bech32 text (BIP 173, without its limit of 90 characters, as age uses it).
 *
 * @param prefix the human-readable part, in lower case; the text may be all lower or all upper case.
 * @throws KeywardError `invalid` for another prefix, mixed case, a wrong checksum or stray bits; never quoting the text.
 */
export function decodeBech32(text: string, prefix: string): Uint8Array {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) throw malformed();
  if (!lower.startsWith(`${prefix}1`)) throw malformed();
  const digits = [...lower.slice(prefix.length + 1)].map((character) => alphabet.indexOf(character));
  if (digits.length < checksumDigits || digits.includes(-1)) throw malformed();
  if (checksum([...expanded(prefix), ...digits]) !== 1) throw malformed();
  return toBytes(digits.slice(0, -checksumDigits));
}

/** The Bech32 text of bytes, in lower case: the inverse of `decodeBech32`. @param prefix in lower case. */
export function encodeBech32(bytes: Uint8Array, prefix: string): string {
  const digits = toDigits(bytes);
  const padded = [...expanded(prefix), ...digits, ...new Array<number>(checksumDigits).fill(0)];
  const sum = checksum(padded) ^ 1;
  const check = Array.from({ length: checksumDigits }, (_, at) => (sum >> (5 * (checksumDigits - 1 - at))) & 31);
  return `${prefix}1${[...digits, ...check].map((digit) => alphabet[digit]).join('')}`;
}

function toDigits(bytes: Uint8Array): readonly number[] {
  const digits: number[] = [];
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    for (bits += 8; bits >= 5; pending &= (1 << bits) - 1) {
      bits -= 5;
      digits.push(pending >> bits);
    }
  }
  return bits === 0 ? digits : [...digits, pending << (5 - bits)];
}

function expanded(prefix: string): readonly number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(digits: readonly number[]): number {
  let sum = 1;
  for (const digit of digits) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ digit;
    for (const [bit, generator] of generators.entries()) if (((top >> bit) & 1) === 1) sum ^= generator;
  }
  return sum;
}

function toBytes(digits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8));
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (const digit of digits) {
    pending = (pending << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = pending >> bits;
    at += 1;
    pending &= (1 << bits) - 1;
  }
  if (bits > 4 || pending !== 0) throw malformed();
  return bytes;
}

function malformed(): KeywardError {
  return new KeywardError('invalid', 'the text is not Bech32 of the kind that is expected');
}
