import { KeywardError } from '../core/errors.js';
import { utf8 } from './encoding.js';

/** Crockford's base32: no I, L, O, U. */
const alphabet = utf8('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
const lookalikes = new Map([...'OIL'].map((letter) => [letter.charCodeAt(0), letter === 'O' ? 0x30 : 0x31]));

const groups = 8;
const groupDataBytes = 4;
const groupCharacters = 8;
const keyBytes = groups * groupDataBytes;
const dash = 0x2d;
const ignored = new Set(utf8(' \t\r\n-'));

/**
 * The 32-byte key as eight groups of eight characters joined by dashes, ASCII. A group holds four bytes of the key and
 * one of checksum (CRC-8, started with the group's number), so that a wrong character or two swapped groups are always
 * noticed, and where.
 */
export function encodeRecoveryCode(key: Uint8Array): Uint8Array {
  if (key.length !== keyBytes) throw new KeywardError('internal', `a recovery key must be ${keyBytes} bytes`);
  const code = new Uint8Array(groups * (groupCharacters + 1) - 1).fill(dash);
  for (let group = 0; group < groups; group++) {
    const data = key.subarray(group * groupDataBytes, (group + 1) * groupDataBytes);
    code.set(encodeGroup(data, checksum(group, data)), group * (groupCharacters + 1));
  }
  return code;
}

/**
 * The key of a code as somebody typed it: upper or lower case, spaces and dashes anywhere, O for 0, I and L for 1.
 *
 * @throws KeywardError `invalid` naming the first wrong group by its number.
 */
export function decodeRecoveryCode(code: Uint8Array): Uint8Array {
  const characters = code.filter((character) => !ignored.has(character));
  const key = new Uint8Array(keyBytes);
  for (let group = 0; group < groups; group++) {
    const typed = characters.subarray(group * groupCharacters, (group + 1) * groupCharacters);
    const data = decodeGroup(group, typed);
    if (data === undefined) {
      throw new KeywardError('invalid', `group ${group + 1} of the recovery key is mistyped or incomplete`, {
        advice: `Compare group ${group + 1} with your copy: ${groups} groups of ${groupCharacters} characters.`,
      });
    }
    key.set(data, group * groupDataBytes);
  }
  if (characters.length > groups * groupCharacters) {
    throw new KeywardError('invalid', `the recovery key goes on after its last group, number ${groups}`);
  }
  return key;
}

function encodeGroup(data: Uint8Array, check: number): Uint8Array {
  let bits = 0n;
  for (const byte of [...data, check]) bits = (bits << 8n) | BigInt(byte);
  return new Uint8Array(groupCharacters).map((_, index) => {
    const shift = BigInt(5 * (groupCharacters - 1 - index));
    return alphabet[Number((bits >> shift) & 31n)] ?? 0;
  });
}

function decodeGroup(group: number, typed: Uint8Array): Uint8Array | undefined {
  if (typed.length !== groupCharacters) return undefined;
  let bits = 0n;
  for (const character of typed) {
    const digit = digitOf(character);
    if (digit < 0) return undefined;
    bits = (bits << 5n) | BigInt(digit);
  }
  const data = new Uint8Array(groupDataBytes).map((_, index) => Number((bits >> BigInt(32 - 8 * index)) & 255n));
  return Number(bits & 255n) === checksum(group, data) ? data : undefined;
}

/** CRC-8 (x^8 + x^2 + x + 1): finds every error within eight neighbouring bits, so every wrong character. */
function checksum(group: number, data: Uint8Array): number {
  let remainder = group + 1;
  for (const byte of data) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x80 ? 0x107 : 0);
  }
  return remainder;
}

/** The value of a typed character; -1 when it is none. */
function digitOf(character: number): number {
  const upper = character >= 0x61 && character <= 0x7a ? character - 0x20 : character;
  return alphabet.indexOf(lookalikes.get(upper) ?? upper);
}
