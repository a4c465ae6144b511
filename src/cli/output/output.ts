import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { errorTable, type KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import type { CliIo } from '../io.js';

/** Everything that could move the cursor or repaint a line; text from a file may hold it. */
const controlCharacters = /[\p{Cc}\p{Bidi_Control}\u2028\u2029](?<![\n\t])/gu;

/** What ECMA-48 switches on and off again. */
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
type Style = keyof typeof styles;

/**
 * What a command says. Results go to standard output, everything else to standard error; colour only on a terminal and
 * never with `NO_COLOR`. With `--json`, results and errors are one JSON document each.
 */
export interface Output {
  readonly json: boolean;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** A line of the result. */
  line(text?: string): void;
  /** Exact bytes of the result. */
  bytes(bytes: Uint8Array): Promise<void>;
  /** The whole result as JSON. */
  document(value: unknown): void;
  /** A remark for the person at the terminal; silent with `--quiet`. */
  note(text: string): void;
  finding(finding: Finding): void;
  error(error: KeywardError): void;
  style(style: Style, text: string): string;
  /** Rows in aligned columns. */
  table(rows: readonly (readonly string[])[]): void;
  /** @throws KeywardError `unavailable` when standard output did not take the whole result; a reader who has seen enough did. */
  assertTaken(): void;
}

export function createOutput(io: CliIo, options: { readonly json: boolean; readonly quiet: boolean }): Output {
  const noColor = (io.env['NO_COLOR'] ?? '') !== '' || io.env['TERM'] === 'dumb';
  const styled = (stream: { readonly isTTY?: boolean }, style: Style, text: string) => {
    if (noColor || stream.isTTY !== true) return text;
    const [on, off] = styles[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
  const err = (style: Style, text: string) => styled(io.stderr, style, text);
  const warn = (text: string) => io.stderr.write(`${text}\n`);
  const clean = (text: string) => text.replaceAll(controlCharacters, (char) => JSON.stringify(char).slice(1, -1));
  let stdout: Writable | undefined;
  // The standard streams of Node forget their error.
  let refused: Error | null | undefined;
  const say = (what: string | Uint8Array, done?: () => void) => {
    stdout = io.stdout;
    stdout.write(what, (error) => {
      refused ??= error;
      done?.();
    });
  };
  return {
    json: options.json,
    get isTerminal() {
      return io.stdout.isTTY === true;
    },
    line: (text = '') => say(`${text}\n`),
    // A device that takes nothing refuses even no bytes.
    bytes: (bytes) => new Promise((resolve) => (bytes.byteLength === 0 ? resolve() : say(bytes, resolve))),
    document: (value) => say(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => void (options.quiet || warn(clean(text))),
    finding: (finding) => {
      if (options.quiet && finding.severity === 'info') return;
      const style = finding.severity === 'error' ? 'red' : finding.severity === 'warning' ? 'yellow' : 'cyan';
      warn(
        `${err(style, finding.severity)}: ${clean(`${finding.where}: ${finding.cause}`)}\n  ${err('dim', '→')} ${clean(finding.fix)}`,
      );
    },
    error: (error) => {
      if (options.json) {
        warn(JSON.stringify({ error: describeError(error) }));
        return;
      }
      const problem = `${err('red', 'keyward:')} ${clean(error.message)} ${err('dim', `(${error.code})`)}`;
      warn(`${problem}\n  ${err('dim', '→')} ${clean(error.advice)}`);
    },
    style: (style, text) => styled(io.stdout, style, text),
    table: (rows) => {
      const columns = Math.max(0, ...rows.map((row) => row.length));
      const widths = Array.from({ length: columns }, (_, i) =>
        Math.max(...rows.map((row) => visibleLength(row[i] ?? ''))),
      );
      for (const row of rows) {
        const cells = row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - visibleLength(cell)));
        say(`${cells.join('  ').trimEnd()}\n`);
      }
    },
    assertTaken: () => {
      const error = refused ?? stdout?.errored;
      if (error && errnoOf(error) !== 'EPIPE') throw fileError(error, 'write', 'standard output');
    },
  };
}

function describeError(error: KeywardError): Readonly<Record<string, string | number | undefined>> {
  return {
    code: error.code,
    message: error.message,
    store: error.store,
    path: error.path,
    advice: error.advice,
    exitCode: errorTable[error.code].exitCode,
  };
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
