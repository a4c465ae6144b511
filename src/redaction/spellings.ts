import { isUtf8 } from '../core/payload.js';
import { encodedSpellings } from './encoded-spellings.js';
import { escapedSpellings } from './escaped-spellings.js';
import { isEverydayText } from './everyday-text.js';

/**
 * Every way in which a value is likely to appear in output, as bytes: as it is; each line of text with several, without
 * the spaces around it; with other line ends; as UTF-16; in base64, hexadecimal, percent-encoding and decimal lists; as
 * JSON, shells and programs write it inside quotes. None is shorter than `minimumLength` bytes or too common to be
 * anybody's secret, so a value that is yields nothing.
 */
export function spellingsOf(value: Uint8Array, minimumLength: number): readonly Uint8Array[] {
  const spellings = new Map<string, Uint8Array>();
  const add = (spelling: string | Uint8Array) => {
    const bytes = Buffer.from(spelling);
    if (bytes.length >= minimumLength) spellings.set(bytes.toString('latin1'), bytes);
  };
  const addAll = (texts: Iterable<string>) => {
    for (const text of texts) add(text);
  };
  const isUsable = (bytes: Uint8Array) => bytes.length >= minimumLength && !isEverydayText(bytes);

  if (!isUsable(value)) return [];
  add(value);
  addAll(encodedSpellings(value));
  if (!isUtf8(value)) return [...spellings.values()];

  const text = Buffer.from(value).toString('utf8');
  add(Buffer.from(text, 'utf16le'));
  addAll(escapedSpellings(text));
  add(text.replaceAll(/\r?\n/g, '\r\n'));
  add(text.replaceAll('\r\n', '\n'));
  const trimmed = text.trim();
  if (trimmed !== text && isUsable(Buffer.from(trimmed))) addAll(encodedSpellings(Buffer.from(trimmed)));
  for (const line of text.split(/[\r\n]+/)) {
    const content = line.trim();
    if (content === text || !isUsable(Buffer.from(content))) continue;
    add(content);
    addAll(escapedSpellings(content));
  }
  return [...spellings.values()];
}
