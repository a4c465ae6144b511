import { quoted } from '../../core/path.js';

const cannotBeSeen = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A name from a stored document as it is when it is plain, else quoted and escaped: it must not drive a terminal. */
export function printableName(name: string): string {
  return /^[\x21-\x7e]+$/.test(name) ? name : quoted(name);
}

/** A whole text in quotes, with what cannot be seen escaped. */
export function printableText(text: string): string {
  return JSON.stringify(text).replaceAll(cannotBeSeen, (character) => quoted(character).slice(1, -1));
}
