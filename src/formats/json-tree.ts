import { maxTreeDepth, refusalAt, type TextNode, type TextPlace } from './text-tree.js';

/**
 * Reads a JSON document (RFC 8259), after a byte order mark if there is one.
 *
 * @throws KeywardError `invalid` with file, line and column, for what is no JSON, a key that stands there twice, half of
 * a surrogate pair, and more than 32 levels.
 */
export function parseJsonTree(text: string, fileName: string): TextNode {
  return new JsonReader(text.replace(/^\uFEFF/, ''), fileName).readDocument();
}

const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Where a run of characters ends that stand for themselves in a text. */
const special = /[^ !#-[\]-\uffff]/g;
const space = /[ \t\r\n]*/y;

class JsonReader {
  readonly #text: string;
  readonly #fileName: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, fileName: string) {
    this.#text = text;
    this.#fileName = fileName;
  }

  readDocument(): TextNode {
    const node = this.#readValue(0);
    this.#take(space);
    if (this.#at < this.#text.length) this.#fail('the document has ended before this');
    return node;
  }

  #readValue(depth: number): TextNode {
    this.#take(space);
    const place = this.#place();
    if (depth > maxTreeDepth) this.#fail(`nested deeper than ${maxTreeDepth} levels`);
    const first = this.#text[this.#at];
    if (first === '{') return { kind: 'map', place, members: this.#readMembers(depth) };
    if (first === '[') return { kind: 'list', place, items: this.#readItems(depth) };
    if (first === '"') return { kind: 'text', place, text: this.#readString() };
    const text = this.#take(scalar);
    if (text === undefined || text === '') return this.#fail('this is not a JSON value');
    return { kind: text === 'null' ? 'null' : 'other', place, text };
  }

  #readMembers(depth: number): ReadonlyMap<string, TextNode> {
    const members = new Map<string, TextNode>();
    this.#readSequence('}', () => {
      this.#take(space);
      const start = this.#at;
      const name = this.#readString();
      if (members.has(name)) this.#fail('this key stands here a second time', start);
      this.#take(space);
      if (this.#text[this.#at] !== ':') this.#fail('expected a colon after the key');
      this.#at += 1;
      members.set(name, this.#readValue(depth + 1));
    });
    return members;
  }

  #readItems(depth: number): readonly TextNode[] {
    const items: TextNode[] = [];
    this.#readSequence(']', () => items.push(this.#readValue(depth + 1)));
    return items;
  }

  #readSequence(end: '}' | ']', readOne: () => void): void {
    this.#at += 1;
    this.#take(space);
    if (this.#text[this.#at] !== end) {
      readOne();
      for (this.#take(space); this.#text[this.#at] === ','; this.#take(space)) {
        this.#at += 1;
        readOne();
      }
      if (this.#text[this.#at] !== end) this.#fail(`expected a comma or ${end}`);
    }
    this.#at += 1;
  }

  #readString(): string {
    const start = this.#at;
    const end = endOfText(this.#text, start);
    const text = parsedText(this.#text.slice(start, end));
    if (text === undefined) return this.#fail('expected a text in double quotes that ends in its line', start);
    this.#at = end;
    if (!text.isWellFormed()) this.#fail('half of a surrogate pair', start);
    return text;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  #place(at = this.#at): TextPlace {
    if (at < this.#lineStart) {
      this.#line = 1;
      this.#lineStart = 0;
    }
    for (let end = this.#text.indexOf('\n', this.#lineStart); end >= 0 && end < at; ) {
      this.#line += 1;
      this.#lineStart = end + 1;
      end = this.#text.indexOf('\n', this.#lineStart);
    }
    return { line: this.#line, column: at - this.#lineStart + 1 };
  }

  #fail(problem: string, at?: number): never {
    throw refusalAt(this.#fileName, this.#place(at), problem);
  }
}

/** Behind the quotes that end the text which begins here; the beginning when nothing does. */
function endOfText(document: string, start: number): number {
  special.lastIndex = start + 1;
  for (let found = special.exec(document)?.[0]; found === '"' || found === '\\'; found = special.exec(document)?.[0]) {
    if (found === '"') return special.lastIndex;
    special.lastIndex += 1;
  }
  return start;
}

function parsedText(literal: string): string | undefined {
  if (!literal.startsWith('"')) return undefined;
  try {
    return String(JSON.parse(literal));
  } catch {
    // Its message would quote what it was given.
    return undefined;
  }
}
