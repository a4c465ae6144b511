import { isTokenCharacter } from './token-shape.js';

/** A value that is given to a name, wherever: configuration, source code, JSON, a URL, a header. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

const longestName = 40;
const dot = 0x2e;

/**
 * From the end of a word of the name to the value. Bounded, and no part can take what the next one takes: a type may stand
 * between a colon and the sign, a quote may be escaped.
 */
const toValue =
  /([\w-]{0,40})(?:\\?["'`])?\]?[ \t]{0,8}(?::[ \t]{0,4}[a-z]{1,12}[ \t]{1,4}=|:=|=>|={1,2}|:|>|,(?=[ \t]?["']))[ \t]{0,8}(?:Bearer |Basic |[bru]{1,2}(?=["']))?(\\?["'`])?/y;
const quoted = /[^\s"'`\\<>]{6,256}/y;
/** Where there are no quotes, another sign begins another assignment. */
const unquoted = /[^\s"'`\\<>()[\]{},;&|#=:]{6,256}={0,2}(?=$|[\s"'`\\<,;&|#])/y;

/** The assignment in whose name a word ends at `wordEnd`; `undefined` when there is none. */
export function assignmentAround(text: string, wordStart: number, wordEnd: number): Assignment | undefined {
  toValue.lastIndex = wordEnd;
  const found = toValue.exec(text);
  if (found === null) return undefined;
  const [, restOfName = '', quote] = found;
  const start = toValue.lastIndex;
  const pattern = quote === undefined ? unquoted : quoted;
  pattern.lastIndex = start;
  if (!pattern.test(text)) return undefined;
  const end = pattern.lastIndex;
  // A sentence or an expression in quotes.
  if (quote !== undefined && !text.startsWith(quote, end)) return undefined;
  const name = text.slice(nameStart(text, wordStart), wordEnd) + restOfName;
  return { name, value: text.slice(start, end), start, end, isQuoted: quote !== undefined };
}

function nameStart(text: string, wordStart: number): number {
  let start = wordStart;
  while (wordStart - start < longestName && isNameCharacter(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

function isNameCharacter(code: number): boolean {
  return isTokenCharacter(code) || code === dot;
}
