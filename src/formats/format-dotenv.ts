import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';

/**
 * The lines of a `.env` file from which `parseDotenv` reads exactly these names and values. Quotes are chosen so that
 * other tools agree where the value allows it.
 *
 * @throws KeywardError `invalid` for a name or value that no such file can hold (a NUL, a lone surrogate).
 */
export function formatDotenv(entries: Iterable<readonly [name: string, value: string]>): string {
  let text = '';
  for (const [name, value] of entries) {
    if (!wholeName.test(name)) {
      throw new KeywardError('invalid', `${quoted(name)} cannot be a name in a .env file`, {
        advice: 'Use letters, digits and underscores, not beginning with a digit.',
      });
    }
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new KeywardError('invalid', `the value of ${name} has characters that a .env file cannot hold`, {
        advice: 'Keep it in a file of its own.',
      });
    }
    text += `${name}=${formatValue(value)}\n`;
  }
  return text;
}

const wholeName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const plainValue = /^[A-Za-z0-9_./:@%+,=-]*$/;

function formatValue(value: string): string {
  if (plainValue.test(value)) return value;
  if (!value.includes('\r')) {
    if (!value.includes("'")) return `'${value}'`;
    if (!/["\\]/.test(value)) return `"${value}"`;
    if (!value.includes('`')) return `\`${value}\``;
  }
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
