import { KeywardError } from './errors.js';

/** One member of a JSON object: its name, and its value as text. */
export interface JsonMember {
  readonly name: string;
  /** The decoded text when the value is a string, else its verbatim JSON. */
  readonly text: string;
  readonly isString: boolean;
}

const maxDepth = 64;

/**
 * The members of a JSON object, with the values that are not strings left exactly as written (`1.0` stays `1.0`,
 * numbers keep every digit). `undefined` when the text is valid JSON but no object, when it is no JSON at all, when a
 * member name appears twice, or when it nests deeper than 64 levels: such a text simply has no fields.
 *
 * Grammar: RFC 8259.
 */
export function readJsonObject(text: string): readonly JsonMember[] | undefined {
  try {
    return new Tokenizer(text).readDocument();
  } catch (error) {
    if (error instanceof NoFields) return undefined;
    throw error;
  }
}

class NoFields extends Error {}

class Tokenizer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): readonly JsonMember[] {
    this.#skipSpace();
    const members = this.#readObject(0);
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw new NoFields();
    return members;
  }

  #readObject(depth: number): JsonMember[] {
    if (depth > maxDepth) throw new NoFields();
    this.#expect('{');
    const members: JsonMember[] = [];
    const names = new Set<string>();
    this.#skipSpace();
    if (this.#take('}')) return members;
    for (;;) {
      this.#skipSpace();
      const name = this.#readString();
      if (names.has(name)) throw new NoFields();
      names.add(name);
      this.#skipSpace();
      this.#expect(':');
      this.#skipSpace();
      members.push({ name, ...this.#readValue(depth + 1) });
      this.#skipSpace();
      if (this.#take('}')) return members;
      this.#expect(',');
    }
  }

  #readValue(depth: number): { text: string; isString: boolean } {
    const start = this.#at;
    const first = this.#text[start];
    if (first === '"') return { text: this.#readString(), isString: true };
    if (first === '{') this.#readObject(depth);
    else if (first === '[') this.#readArray(depth);
    else this.#readScalar();
    return { text: this.#text.slice(start, this.#at), isString: false };
  }

  #readArray(depth: number): void {
    if (depth > maxDepth) throw new NoFields();
    this.#expect('[');
    this.#skipSpace();
    if (this.#take(']')) return;
    for (;;) {
      this.#skipSpace();
      this.#readValue(depth + 1);
      this.#skipSpace();
      if (this.#take(']')) return;
      this.#expect(',');
    }
  }

  #readScalar(): void {
    const pattern = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null || match[0] === '') throw new NoFields();
    this.#at += match[0].length;
  }

  #readString(): string {
    const start = this.#at;
    this.#expect('"');
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code < 0x20) throw new NoFields();
      this.#at += 1;
      if (code === 0x22) break;
      if (code === 0x5c) this.#at += 1;
    }
    return decodeString(this.#text.slice(start, this.#at));
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw new NoFields();
  }
}

function decodeString(literal: string): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    // JSON.parse quotes its input in the message, so its error is dropped.
    throw new NoFields();
  }
  if (typeof value !== 'string') throw new KeywardError('internal', 'a JSON string did not decode to a string');
  // A lone surrogate has no UTF-8 form, so a document that holds one cannot round-trip as fields.
  if (!value.isWellFormed()) throw new NoFields();
  return value;
}
