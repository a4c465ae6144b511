import { KeywardError } from '../core/errors.js';
import { nameBuckets, type SealedDocument } from '../core/sealed-document.js';

/** What comes before the values. */
export type SealedHeader = Omit<SealedDocument, 'values' | 'layout'>;

const comment = '# Sealed by Keyward. Change it with: keyward edit <this file>';
const version = 'keyward: sealed/v1';
/** A pattern for what stands in place of a value. */
export const base64 = '[A-Za-z0-9+/]+={0,2}';
/** What YAML does not print or JavaScript takes for the end of a line, and JSON leaves as it is. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff]/g;
const boxLine = new RegExp(`^ {4}(${base64})$`);

/** The lines before the values, which both texts of a sealed file share. */
export function formatHeader({ fileId, recipients, key, tag, nameTags }: SealedHeader): readonly string[] {
  const sorted = [...recipients].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    comment,
    version,
    `file: ${fileId}`,
    'recipients:',
    ...sorted.map(([recipient, label]) => `  ${recipient}:${label === '' ? '' : ` ${label}`}`),
    `key: ${key}`,
    `tag: ${tag}`,
    'names:',
    ...nameTags.flatMap((nameTag, index) => [`  ${bucketName(index)}:`, `    ${nameTag}`]),
    'values:',
  ];
}

/** Whether a label can stand after a recipient. */
export function isRecipientLabel(label: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9_.@+-]{0,63})?$/.test(label);
}

/** Names that YAML would take for something else, or not read, stand in quotes. */
export function nameText(name: string): string {
  const isPlain =
    /^[A-Za-z][A-Za-z0-9_.+=%/#@-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return isPlain ? name : JSON.stringify(name).replace(unprintable, escaped);
}

/** The name that `nameText` wrote; `undefined` for any other text. */
export function nameOf(written: string): string | undefined {
  const name = written.startsWith('"') ? unquoted(written) : written;
  return name !== undefined && nameText(name) === written ? name : undefined;
}

/** The lines of a sealed file, taken one by one. What is not expected is refused with its line. */
export class SealedLines {
  readonly #lines: readonly string[];
  readonly #fileName: string;
  #at = 0;

  /**
   * @param fileName for messages.
   * @throws KeywardError `invalid` where git left a conflict.
   */
  constructor(lines: readonly string[], fileName: string) {
    this.#lines = lines;
    this.#fileName = fileName;
    const conflict = lines.findIndex((line) => /^(?:<{7}|={7}|>{7}|\|{7})/.test(line));
    if (conflict < 0) return;
    throw this.#refusal(conflict, 'git left a conflict here', 'Keep one of both sides, then run: keyward seal repair');
  }

  get hasMore(): boolean {
    return this.#at < this.#lines.length;
  }

  /** Reads exactly what `formatHeader` writes, in any order of the recipients. @throws KeywardError `invalid` */
  takeHeader(): SealedHeader {
    this.#expect(comment);
    this.#expect(version);
    const [, fileId = ''] = this.take(/^file: ([0-9a-f]{32})$/);
    this.#expect('recipients:');
    const recipients = new Map<string, string>();
    for (;;) {
      const match = this.takeIf(/^ {2}(age1[0-9a-z]+):(?: ([^ ]+))?$/);
      if (match === undefined) break;
      const [, recipient = '', label = ''] = match;
      if (!isRecipientLabel(label)) throw this.unexpected(1);
      this.addTo(recipients, recipient, label);
    }
    const [, key = ''] = this.take(new RegExp(`^key: (${base64})$`));
    const [, tag = ''] = this.take(new RegExp(`^tag: (${base64})$`));
    this.#expect('names:');
    const nameTags = Array.from({ length: nameBuckets }, (_, index) => {
      this.#expect(`  ${bucketName(index)}:`);
      return this.takeBox();
    });
    this.#expect('values:');
    return { fileId, recipients, key, tag, nameTags };
  }

  take(pattern: RegExp): RegExpExecArray {
    const match = this.takeIf(pattern);
    if (match === undefined) throw this.unexpected();
    return match;
  }

  takeIf(pattern: RegExp): RegExpExecArray | undefined {
    const line = this.#lines[this.#at];
    const match = line === undefined ? null : pattern.exec(line);
    if (match === null) return undefined;
    this.#at += 1;
    return match;
  }

  takeBox(): string {
    return this.take(boxLine)[1] ?? '';
  }

  /** Adds what was read, the last line of which was just taken. @throws KeywardError `invalid` when it is there */
  addTo(entries: Map<string, string>, name: string, value: string, linesBefore = 1): void {
    if (entries.has(name)) {
      throw this.#refusal(this.#at - linesBefore, 'this stands here a second time', 'Keep one of the two.');
    }
    entries.set(name, value);
  }

  /** @param linesBefore how many lines ago it was taken; absent is the line that comes next. */
  unexpected(linesBefore = 0): KeywardError {
    const advice = 'Put the file back as it was: git log -p shows it.';
    return this.#refusal(this.#at - linesBefore, 'this is not as Keyward writes it', advice);
  }

  #expect(line: string): void {
    if (this.#lines[this.#at] !== line) throw this.unexpected();
    this.#at += 1;
  }

  #refusal(index: number, problem: string, advice: string): KeywardError {
    const where = `${this.#fileName}:${index + 1}`;
    return new KeywardError('invalid', `${where}: ${problem}`, { store: this.#fileName, advice });
  }
}

function bucketName(index: number): string {
  return `b${index.toString(16)}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function unquoted(written: string): string | undefined {
  try {
    const name: unknown = JSON.parse(written);
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
