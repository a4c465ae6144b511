import type { SealedDocument, SealedLayout } from '../core/sealed-document.js';
import { base64, formatHeader, nameOf, nameText, SealedLines } from './sealed-lines.js';

/**
 * The text of a sealed `.env` file: the header of the YAML text as comments, then each value as a variable below a line
 * with its name.
 *
 *     # Sealed by Keyward. Change it with: keyward edit <this file>
 *     # keyward: sealed/v1
 *     …
 *     # values:
 *
 *     # the keys of the account for trading
 *     # exchange/binance#api_key:
 *     BINANCE_API_KEY=sealed:YWdl…
 *
 * Comments, empty lines, order and the variables' names are for people: nothing authenticates them, and a change of values
 * keeps them.
 */
export function formatSealedEnv(document: SealedDocument): string {
  const { layout = new Map<string, SealedLayout>(), values } = document;
  const [first = '', ...header] = formatHeader(document);
  const blocks = [...values].flatMap(([name, box]) => {
    const { variable = spelled(name), above = [''] } = layout.get(name) ?? {};
    return [...above, `# ${nameText(name)}:`, `${variable}=sealed:${box}`];
  });
  const end = layout.get(endOfFile)?.above ?? [];
  return [first, ...header.map((line) => mark + line), ...blocks, ...end, ''].join('\n');
}

/**
 * Reads what `formatSealedEnv` writes, in any order.
 *
 * @param fileName for messages.
 * @throws KeywardError `invalid` with the line, also where git left a conflict.
 */
export function parseSealedEnv(text: string, fileName: string): SealedDocument {
  const lines = new SealedLines(withPlainHeader(text.split('\n')), fileName);
  const header = lines.takeHeader();
  const values = new Map<string, string>();
  const layout = new Map<string, SealedLayout>();
  let above: string[] = [];
  while (lines.hasMore) {
    const free = lines.takeIf(/^(?:#.*)?$/s);
    if (free !== undefined) {
      above.push(free[0]);
      continue;
    }
    const [, variable = '', box = ''] = lines.take(valueLine);
    const name = nameOf(nameLine.exec(above.pop() ?? '')?.[1] ?? '');
    if (name === undefined) throw lines.unexpected(1);
    lines.addTo(values, name, box, 2);
    layout.set(name, { variable, above });
    above = [];
  }
  if (above.pop() !== '') throw lines.unexpected();
  if (above.length > 0) layout.set(endOfFile, { above });
  return { ...header, values, layout };
}

const mark = '# ';
const endOfHeader = `${mark}values:`;
/** No name of a value. */
const endOfFile = '';
const nameLine = /^# (\S.*):$/;
const valueLine = new RegExp(`^([A-Za-z_][A-Za-z0-9_]*)=sealed:(${base64})$`);

/** The lines with the header as YAML has it; a line of it that is no comment becomes one that nothing accepts. */
function withPlainHeader(lines: readonly string[]): readonly string[] {
  const end = lines.indexOf(endOfHeader);
  return lines.map((line, index) => {
    if (index === 0 || index > end) return line;
    return line.startsWith(mark) ? line.slice(mark.length) : `not a comment: ${line}`;
  });
}

/** What a value is called whose name as a variable is not known. */
function spelled(name: string): string {
  const variable = name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  return /^[A-Z_]/.test(variable) ? variable : `_${variable}`;
}
