import { KeywardError } from '../core/errors.js';

export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  /** Where the name stands, from 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

export interface DotenvProblem {
  /** `warning`: it was read, but other tools read it differently. */
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  /** Never holds a value. */
  readonly problem: string;
}

export interface Dotenv {
  /** In the order of the file; of a name that stands there twice, the first. */
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly DotenvProblem[];
}

/**
 * Reads a `.env` file: `NAME=value` lines, also with `export` before and spaces around the `=`, blank lines and `#`
 * comments. CRLF reads as LF, and a byte order mark is skipped.
 *
 * - unquoted: to the end of the line or to a `#` after a space, without the spaces around;
 * - `'…'` and `` `…` ``: everything up to the closing quote, over several lines;
 * - `"…"`: the same, with the escapes `\n` `\r` `\t` `\"` `\\`; any other backslash stands for itself.
 *
 * `$` is never expanded. Lines that are none of this, unclosed quotes, text after a closing quote and names that stand
 * there twice are problems of severity `error`: whoever uses the values must refuse the file. The grammar is the common
 * part of the `dotenv` package, Docker Compose and python-dotenv; where these differ, there is a warning.
 */
export function parseDotenv(text: string): Dotenv {
  return new DotenvReader(text).read();
}

/** @throws KeywardError `invalid` with file, line and column of the first error, if there is one. */
export function assertNoErrors(dotenv: Dotenv, fileName: string): void {
  const error = dotenv.problems.find((problem) => problem.severity === 'error');
  if (error === undefined) return;
  throw new KeywardError('invalid', `${fileName}:${error.line}:${error.column}: ${error.problem}`, {
    store: fileName,
    advice: 'Correct the line; nothing of the file was used.',
  });
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
]);

const assignment = /(?:export[ \t]+)?(?<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/y;
const blank = /[ \t]*/y;
const restOfLine = /[^\n]*/y;
const comment = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y;

class DotenvReader {
  readonly #text: string;
  readonly #entries: DotenvEntry[] = [];
  readonly #problems: DotenvProblem[] = [];
  readonly #lineByName = new Map<string, number>();
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  }

  read(): Dotenv {
    while (this.#at < this.#text.length) {
      this.#readLine();
      this.#take(restOfLine);
      this.#moveTo(this.#at + 1);
    }
    return { entries: this.#entries, problems: this.#problems };
  }

  #readLine(): void {
    this.#take(blank);
    if (this.#take(comment) !== undefined) return;
    const place = this.#place();
    const start = this.#at;
    const name = this.#take(assignment)?.groups?.['name'];
    if (name === undefined) {
      this.#report('error', 'expected NAME=value, a comment or an empty line');
      return;
    }
    const column = place.column + this.#text.slice(start, this.#at).lastIndexOf(name);
    const value = this.#readValue();
    if (value === undefined) return;
    const first = this.#lineByName.get(name);
    if (first !== undefined) {
      this.#report('error', `this name stands in line ${first} already`, { ...place, column });
      return;
    }
    this.#lineByName.set(name, place.line);
    this.#entries.push({ name, value, line: place.line, column });
  }

  /** `undefined` when the value is not usable, which is then reported. */
  #readValue(): string | undefined {
    const isSpaced = this.#take(blank)?.[0] !== '';
    const place = this.#place();
    const quote = this.#text[this.#at];
    const isQuoted = quote === '"' || quote === "'" || quote === '`';
    const value = isQuoted ? this.#readQuoted(quote) : this.#readPlain(isSpaced);
    if (value === undefined) return undefined;
    if (/[\0\r]/.test(value.raw)) {
      this.#report('error', 'the value holds a NUL or a lone carriage return; write \\r in double quotes', place);
      return undefined;
    }
    if (quote !== "'" && quote !== '`' && value.raw.includes('${')) {
      this.#report('warning', 'a name in braces after $ is kept as written; other tools put its value in', place);
    }
    return value.text;
  }

  #readPlain(isSpaced: boolean): { raw: string; text: string } {
    const place = this.#place();
    const line = this.#take(restOfLine)?.[0] ?? '';
    const end = isSpaced && line.startsWith('#') ? 0 : line.search(/[ \t]#/);
    const raw = (end < 0 ? line : line.slice(0, end)).replace(/[ \t]+$/, '');
    if (raw.includes('#')) {
      this.#report(
        'warning',
        'a # without a space before it belongs to the value; some tools cut there: use quotes',
        place,
      );
    }
    if (/^\s|\s$|[\u2028\u2029]/.test(raw)) {
      this.#report('warning', 'the value has a space of another kind, which some tools cut off: use quotes', place);
    }
    return { raw, text: raw };
  }

  #readQuoted(quote: string): { raw: string; text: string } | undefined {
    const place = this.#place();
    const start = this.#at + 1;
    const end = quote === '"' ? this.#endOfEscaped(start) : this.#text.indexOf(quote, start);
    if (end < 0) {
      this.#report('error', 'this quote is never closed', place);
      return undefined;
    }
    const raw = this.#text.slice(start, end);
    this.#moveTo(end + 1);
    if (this.#take(comment) === undefined) {
      this.#report('error', 'text after the closing quote');
      return undefined;
    }
    if (quote !== '"') return { raw, text: raw };
    if (/\\["\\t]/.test(raw)) {
      this.#report(
        'warning',
        'some tools keep the backslash of \\\\, \\" and \\t; single quotes mean the same everywhere',
        place,
      );
    }
    return { raw, text: raw.replaceAll(/\\([\s\S])/g, (whole, escaped: string) => escapes.get(escaped) ?? whole) };
  }

  #endOfEscaped(start: number): number {
    for (let at = start; at < this.#text.length; at += 1) {
      if (this.#text[at] === '"') return at;
      if (this.#text[at] === '\\') at += 1;
    }
    return -1;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#moveTo(this.#at + match[0].length);
    return match;
  }

  #moveTo(offset: number): void {
    for (let at = this.#text.indexOf('\n', this.#at); at >= 0 && at < offset; at = this.#text.indexOf('\n', at + 1)) {
      this.#line += 1;
      this.#lineStart = at + 1;
    }
    this.#at = offset;
  }

  #place(): { line: number; column: number } {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #report(severity: DotenvProblem['severity'], problem: string, place = this.#place()): void {
    this.#problems.push({ severity, ...place, problem });
  }
}
