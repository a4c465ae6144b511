/** A value, or the fields of a document, by name. */
export type ValueTree = ReadonlyMap<string, string | ReadonlyMap<string, string>>;

/** JSON (RFC 8259) with two spaces of indentation. Every text that is valid unicode is read back as it was. */
export function formatJsonTree(tree: ValueTree): string {
  return `${jsonObject(tree, '')}\n`;
}

/**
 * YAML 1.2, with the lines of a value as they are where that is possible, else in the quotes and escapes of JSON. Every
 * text that is valid unicode is read back as it was.
 */
export function formatYamlTree(tree: ValueTree): string {
  return tree.size === 0 ? '{}\n' : yamlMapping(tree, '');
}

function jsonObject(tree: ValueTree, indent: string): string {
  const members = [...tree].map(([name, value]) => {
    const text = typeof value === 'string' ? JSON.stringify(value) : jsonObject(value, `${indent}  `);
    return `\n${indent}  ${JSON.stringify(name)}: ${text}`;
  });
  return members.length === 0 ? '{}' : `{${members.join(',')}\n${indent}}`;
}

function yamlMapping(tree: ValueTree, indent: string): string {
  const deeper = `${indent}  `;
  const lines = [...tree].map(([name, value]) => {
    const key = `${indent}${plainKey.test(name) && !reserved.test(name) ? name : yamlQuoted(name)}:`;
    if (typeof value !== 'string') return value.size === 0 ? `${key} {}\n` : `${key}\n${yamlMapping(value, deeper)}`;
    return hasPlainLines(value) ? `${key} ${yamlBlock(value, deeper)}` : `${key} ${yamlQuoted(value)}\n`;
  });
  return lines.join('');
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
/** Words that some YAML reader takes for something else than text. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null)$/i;
/** What a YAML reader may change, refuse or take for a line end. */
const notPlain = /[^\n\x20-\x7e\u00a0-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function hasPlainLines(value: string): boolean {
  return /^\S[\s\S]*\n[\s\S]*\S\n?$/.test(value) && !notPlain.test(value);
}

function yamlBlock(value: string, indent: string): string {
  const isClosed = value.endsWith('\n');
  const lines = (isClosed ? value.slice(0, -1) : value).split('\n');
  return `${isClosed ? '|' : '|-'}\n${lines.map((line) => (line === '' ? '\n' : `${indent}${line}\n`)).join('')}`;
}

function yamlQuoted(text: string): string {
  return JSON.stringify(text).replaceAll(notPlainInQuotes, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** As `notPlain`, in a text that JSON has escaped already. */
const notPlainInQuotes = new RegExp(notPlain.source, 'gu');
