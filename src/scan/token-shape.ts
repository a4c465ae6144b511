/** What one kind of token looks like, as its issuer publishes it. */
export interface TokenShape {
  readonly id: string;
  readonly title: string;
  /** Each at least three bytes of ASCII; one of them stands in every token, in this very case. */
  readonly anchors: readonly string[];
  /**
   * Sticky; matches from the anchor on, bounded everywhere. What a token has before its anchor is the first group, inside
   * a lookbehind.
   */
  readonly pattern: RegExp;
  /** Whether a checksum or a structure inside of the token is right; absent where the issuer publishes none. */
  readonly isValid?: ((token: string) => boolean) | undefined;
}

/** Characters that tokens are made of. */
export const alnum = '[A-Za-z0-9]';
export const urlSafe = '[\\w-]';
export const lowerHex = '[a-f0-9]';
export const upper = '[A-Z0-9]';

/**
 * @param anchors separated by spaces
 * @param rest a regular expression for what follows any of the anchors, without an unbounded repetition; no character of
 * a word may come after it
 */
export function shape(
  id: string,
  title: string,
  anchors: string,
  rest: string,
  isValid?: (token: string) => boolean,
): TokenShape {
  const list = anchors.split(' ');
  const beginnings = list.map((anchor) => anchor.replaceAll(/[^\w:-]/g, '\\$&')).join('|');
  return { id, title, anchors: list, pattern: new RegExp(`(?:${beginnings})${rest}(?!\\w)`, 'y'), isValid };
}

/** @param before what comes before the anchor, bounded */
export function shapeAround(id: string, title: string, before: string, anchors: string, rest: string): TokenShape {
  const { pattern, ...whole } = shape(id, title, anchors, rest);
  return { ...whole, pattern: new RegExp(`(?<=(?<!\\w)(${before}))${pattern.source}`, 'y') };
}

/** Whether a character (no number before the beginning of a text) can stand inside of a token: a letter, a digit, `_`, `-`. */
export function isTokenCharacter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x2d;
}
