import { KeywardError } from '../core/errors.js';
import { nameBuckets, type SealedDocument } from '../core/sealed-document.js';

/**
 * The text of a sealed file, a small part of YAML:
 *
 *     # Sealed by Keyward. Change it with: keyward edit <this file>
 *     keyward: sealed/v1
 *     file: 5f0c…
 *     recipients:
 *       age1…: alice
 *     key: YWdl…
 *     tag: yWJx…
 *     names:
 *       b0:
 *         mFzd…
 *     values:
 *       exchange/binance#api_key:
 *         YWdl…
 *
 * Each value has a line of its own between two names, since git calls changes of neighbouring lines a conflict.
 */
export function formatSealedYaml(document: SealedDocument): string {
  const { fileId, recipients, key, tag, nameTags, values } = document;
  return [
    comment,
    version,
    `file: ${fileId}`,
    'recipients:',
    ...sorted(recipients).map(([recipient, label]) => `  ${recipient}:${label === '' ? '' : ` ${label}`}`),
    `key: ${key}`,
    `tag: ${tag}`,
    'names:',
    ...nameTags.flatMap((nameTag, index) => [`  ${bucketName(index)}:`, `    ${nameTag}`]),
    'values:',
    ...sorted(values).flatMap(([name, box]) => [`  ${nameText(name)}:`, `    ${box}`]),
    '',
  ].join('\n');
}

/**
 * Reads exactly what `formatSealedYaml` writes, the order of names and recipients aside: a merge may change it.
 *
 * @param fileName for messages.
 * @throws KeywardError `invalid` with the line, also where git left a conflict.
 */
export function parseSealedYaml(text: string, fileName: string): SealedDocument {
  return new SealedYamlReader(text, fileName).read();
}

const comment = '# Sealed by Keyward. Change it with: keyward edit <this file>';
const version = 'keyward: sealed/v1';
const base64 = '[A-Za-z0-9+/]+={0,2}';

/** Whether a label can stand after a recipient. */
export function isRecipientLabel(label: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9_.@+-]{0,63})?$/.test(label);
}

class SealedYamlReader {
  readonly #lines: readonly string[];
  readonly #fileName: string;
  #at = 0;

  constructor(text: string, fileName: string) {
    this.#fileName = fileName;
    this.#lines = text.split('\n');
    const conflict = this.#lines.findIndex((line) => /^(?:<{7}|={7}|>{7}|\|{7})/.test(line));
    if (conflict >= 0) {
      throw this.#refusal(
        conflict,
        'git left a conflict here',
        'Keep one of both sides, then run: keyward seal repair',
      );
    }
  }

  read(): SealedDocument {
    this.#expect(comment);
    this.#expect(version);
    const fileId = this.#take(/^file: ([0-9a-f]{32})$/)[1];
    this.#expect('recipients:');
    const recipients = this.#takeAll(/^ {2}(age1[0-9a-z]+):(?: ([^ ]+))?$/, ([, recipient = '', label = '']) => {
      return isRecipientLabel(label) ? [recipient, label] : undefined;
    });
    const key = this.#take(new RegExp(`^key: (${base64})$`))[1];
    const tag = this.#take(new RegExp(`^tag: (${base64})$`))[1];
    this.#expect('names:');
    const nameTags = Array.from({ length: nameBuckets }, (_, index) => {
      this.#expect(`  ${bucketName(index)}:`);
      return this.#takeBox();
    });
    this.#expect('values:');
    const values = this.#takeAll(/^ {2}(\S.*):$/, ([, written = '']) => {
      const name = nameOf(written);
      return name === undefined ? undefined : [name, this.#takeBox()];
    });
    if (this.#at !== this.#lines.length - 1 || this.#lines[this.#at] !== '') throw this.#unexpected(this.#at);
    return { fileId: fileId ?? '', recipients, key: key ?? '', tag: tag ?? '', nameTags, values };
  }

  #expect(line: string): void {
    if (this.#lines[this.#at] !== line) throw this.#unexpected(this.#at);
    this.#at += 1;
  }

  #take(pattern: RegExp): RegExpExecArray {
    const match = pattern.exec(this.#lines[this.#at] ?? '');
    if (match === null) throw this.#unexpected(this.#at);
    this.#at += 1;
    return match;
  }

  #takeBox(): string {
    return this.#take(boxLine)[1] ?? '';
  }

  #takeAll(
    pattern: RegExp,
    read: (match: RegExpExecArray) => readonly [string, string] | undefined,
  ): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    for (;;) {
      const at = this.#at;
      const match = pattern.exec(this.#lines[at] ?? '');
      if (match === null) return entries;
      this.#at += 1;
      const entry = read(match);
      if (entry === undefined) throw this.#unexpected(at);
      if (entries.has(entry[0])) throw this.#refusal(at, 'this stands here a second time', 'Keep one of the two.');
      entries.set(...entry);
    }
  }

  #unexpected(index: number): KeywardError {
    return this.#refusal(
      index,
      'this is not as Keyward writes it',
      'Put the file back as it was: git log -p shows it.',
    );
  }

  #refusal(index: number, problem: string, advice: string): KeywardError {
    const where = `${this.#fileName}:${index + 1}`;
    return new KeywardError('invalid', `${where}: ${problem}`, { store: this.#fileName, advice });
  }
}

const boxLine = new RegExp(`^ {4}(${base64})$`);

function bucketName(index: number): string {
  return `b${index.toString(16)}`;
}

/** Names that YAML would take for something else, or not read, stand in quotes. */
function nameText(name: string): string {
  const isPlain =
    /^[A-Za-z][A-Za-z0-9_.+=%/#@-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return isPlain ? name : JSON.stringify(name);
}

function nameOf(written: string): string | undefined {
  const name = written.startsWith('"') ? unquoted(written) : written;
  return name !== undefined && nameText(name) === written ? name : undefined;
}

function unquoted(written: string): string | undefined {
  try {
    const name: unknown = JSON.parse(written);
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

function sorted(entries: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
