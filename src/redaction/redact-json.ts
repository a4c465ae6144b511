import { isHarmless, isSensitiveName } from '../core/sensitive-names.js';

/**
 * A member name with its colon, a string, the begin or end of a container, or a scalar. A string without an end goes to
 * the end of its line, so that no text takes more than linear time.
 */
const token = /"(?:[^"\\\n]|\\.)*(?:"(\s*:)?|\\?(?:$|(?=\n)))|[{}[\]]|[^\s"{}[\],:]+/g;

/**
 * JSON text, or text with JSON in it, with the values of sensitive names masked, and with known values masked wherever
 * they stand. Everything else stays as it was written, byte by byte; what was JSON is JSON.
 *
 * @param redactText masks the known values of a text
 */
export function redactJson(text: string, redactText: (text: string) => string, mask: string): string {
  const masked = JSON.stringify(mask);
  let output = '';
  let copied = 0;
  let hiddenDepth = 0;
  let name: string | undefined;
  const replace = (start: number, end: number, replacement: string) => {
    output += text.slice(copied, start) + replacement;
    copied = end;
  };
  for (const { 0: part, 1: colon, index } of text.matchAll(token)) {
    const end = index + part.length;
    const opens = part === '{' || part === '[';
    const closes = part === '}' || part === ']';
    if (hiddenDepth > 0) {
      hiddenDepth += Number(opens) - Number(closes);
      copied = end;
    } else if (colon !== undefined) {
      name = unquoted(part.slice(0, -colon.length));
    } else {
      if (name !== undefined && isSensitiveName(name) && !closes) {
        if (opens) hiddenDepth = 1;
        if (!isHarmless(name, scalarOf(part))) replace(index, end, masked);
      } else if (!part.startsWith('"') && redactText(part) !== part) {
        replace(index, end, masked);
      }
      name = undefined;
    }
  }
  return redactText(output + text.slice(copied));
}

function unquoted(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, code) => String.fromCharCode(Number(`0x${code}`)));
}

function scalarOf(part: string): unknown {
  if (part === 'null') return null;
  if (part === 'true' || part === 'false') return part === 'true';
  return Number.isNaN(Number(part)) ? part : Number(part);
}
