import { isUtf8 } from '../core/payload.js';
import { base64Spellings, hexSpellings, listSpellings } from './encoded-spellings.js';
import { escapedSpellings } from './escaped-spellings.js';
import { isEverydayText } from './everyday-text.js';
import { percentSpellings } from './percent-spellings.js';

/** Over it, a value is a file: only what programs do with files is looked for, or the spellings would fill the memory. */
const longestInAllSpellings = 8 * 1024;

/**
 * Every way in which a value is likely to appear in output, as bytes: as it is; each line of text with several, without
 * the spaces around it; with other line ends; as UTF-16; in base64, hexadecimal, percent-encoding and lists of bytes; as
 * JSON, shells and programs write it inside quotes. A value over 8 KiB: as it is, by lines, in base64 and hexadecimal.
 *
 * None is shorter than `minimumLength` bytes or found in any ordinary text; a value that is so itself has no spelling.
 */
export function spellingsOf(value: Uint8Array, minimumLength: number): readonly Uint8Array[] {
  const spellings = new Map<string, Uint8Array>();
  const isUsable = (bytes: Uint8Array) => bytes.length >= minimumLength && !isEverydayText(bytes);
  const add = (text: string) => {
    if (spellings.has(text)) return;
    const bytes = Buffer.from(text);
    if (isUsable(bytes)) spellings.set(text, bytes);
  };
  if (!isUsable(value)) return [];
  const isLong = value.length > longestInAllSpellings;
  const addEncoded = (bytes: Uint8Array) => {
    for (const text of [...base64Spellings(bytes), ...hexSpellings(bytes)]) add(text);
    if (isLong) return;
    for (const text of [...listSpellings(bytes), ...percentSpellings(bytes)]) add(text);
  };
  const addText = (text: string) => {
    add(text);
    if (isLong) return;
    for (const escaped of escapedSpellings(text)) add(escaped);
  };

  addEncoded(value);
  if (!isUtf8(value)) return [Uint8Array.from(value), ...spellings.values()];

  const text = Buffer.from(value).toString('utf8');
  addText(text);
  add(text.replaceAll(/\r?\n/g, '\r\n'));
  add(text.replaceAll('\r\n', '\n'));
  const trimmed = text.trim();
  if (trimmed !== text && isUsable(Buffer.from(trimmed))) addEncoded(Buffer.from(trimmed));
  for (const line of text.split(/[\r\n]+/)) {
    if (isUsable(Buffer.from(line.trim()))) addText(line.trim());
  }
  return isLong ? [...spellings.values()] : [...spellings.values(), Buffer.from(text, 'utf16le')];
}
