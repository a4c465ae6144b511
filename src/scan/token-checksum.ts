import { crc32 } from 'node:zlib';
import { decodeBech32 } from '../crypto/bech32.js';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const checksumLength = 6;

/**
 * The last six characters are the CRC-32 of the characters between the prefix and them, in base 62 (GitHub, "Behind
 * GitHub's new authentication token formats", 2021; npm the same).
 */
export function hasBase62Checksum(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1, -checksumLength);
  return token.endsWith(base62Checksum(body));
}

/** The checksum of a body, as `hasBase62Checksum` wants it. */
export function base62Checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let count = 0; count < checksumLength; count += 1) {
    text = `${digits[rest % digits.length]}${text}`;
    rest = Math.floor(rest / digits.length);
  }
  return text;
}

/** Grafana: the CRC-32 of all before the last underscore, as eight digits. */
export function hasHexChecksum(token: string): boolean {
  const end = token.lastIndexOf('_');
  return crc32(token.slice(0, end)) === Number.parseInt(token.slice(end + 1), 16);
}

/** age: Bech32 (BIP 173). */
export function isAgeKey(token: string): boolean {
  try {
    return decodeBech32(token, 'age-secret-key-').length === 32;
  } catch {
    return false;
  }
}

/** RFC 7519: a header in base64url that is a JSON object with an algorithm. */
export function isJsonWebToken(token: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
    return typeof header === 'object' && header !== null && 'alg' in header && typeof header.alg === 'string';
  } catch {
    return false;
  }
}
