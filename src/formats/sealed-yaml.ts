import type { SealedDocument } from '../core/sealed-document.js';
import { formatHeader, nameOf, nameText, SealedLines } from './sealed-lines.js';

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
  const sorted = [...document.values].sort(([a], [b]) => (a < b ? -1 : 1));
  const values = sorted.flatMap(([name, box]) => [`  ${nameText(name)}:`, `    ${box}`]);
  return [...formatHeader(document), ...values, ''].join('\n');
}

/**
 * Reads exactly what `formatSealedYaml` writes, the order of names and recipients aside: a merge may change it.
 *
 * @param fileName for messages.
 * @throws KeywardError `invalid` with the line, also where git left a conflict.
 */
export function parseSealedYaml(text: string, fileName: string): SealedDocument {
  const lines = new SealedLines(text.split('\n'), fileName);
  const header = lines.takeHeader();
  const values = new Map<string, string>();
  for (;;) {
    const match = lines.takeIf(/^ {2}(\S.*):$/);
    if (match === undefined) break;
    const name = nameOf(match[1] ?? '');
    if (name === undefined) throw lines.unexpected(1);
    lines.addTo(values, name, lines.takeBox(), 2);
  }
  lines.take(/^$/);
  if (lines.hasMore) throw lines.unexpected();
  return { ...header, values };
}
