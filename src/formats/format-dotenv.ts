import { cannotHold } from './cannot-hold.js';

/**
 * The lines of a `.env` file from which `parseDotenv` reads exactly these names and values. Each value is written in the
 * first way that the `dotenv` package reads the same; only what it has no way to read gets escapes that are ours (and
 * Docker Compose's), about which `parseDotenv` then warns.
 *
 * @throws KeywardError `invalid` for a name or value that no such file can hold (a NUL, a lone surrogate).
 */
export function formatDotenv(entries: Iterable<readonly [name: string, value: string]>): string {
  let text = '';
  for (const [name, value] of entries) {
    if (!wholeName.test(name)) throw cannotHold('a .env file', name, 'it is not a name there');
    if (value.includes('\0')) throw cannotHold('a .env file', name, 'its value has a NUL');
    if (!value.isWellFormed()) throw cannotHold('a .env file', name, 'its value is not valid unicode text');
    text += `${name}=${formatValue(value)}\n`;
  }
  return text;
}

const wholeName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const plainValue = /^[A-Za-z0-9_./:@%+,=-]*$/;
/** What an unquoted value must not be or have: an end that is trimmed, a comment, a quote in front, a line end. */
const cannotBePlain = /^[\s'"`]|\s$|[#\r\n\u2028\u2029]/;

function formatValue(value: string): string {
  if (plainValue.test(value)) return value;
  const hasReturn = value.includes('\r');
  // Other tools take a backslash before the closing quote for an escape.
  if (!hasReturn && !value.endsWith('\\')) {
    if (!value.includes("'")) return `'${value}'`;
    if (!/["\\]/.test(value)) return `"${value}"`;
    if (!value.includes('`')) return `\`${value}\``;
  }
  if (!cannotBePlain.test(value)) return value;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\r', '\\r')}"`;
}
