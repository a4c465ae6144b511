import type { Document, LineCounter, Node, Pair, YAMLError } from 'yaml';
import { KeywardError } from '../core/errors.js';

export interface TextPosition {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

export interface YamlConfig {
  /** Plain data: objects, arrays, texts, numbers, booleans, null; `null` for an empty file. */
  readonly data: unknown;
  /** Where the key (or list item) stands, or as much of the path as exists; `undefined` for an empty file. */
  locate(keyPath: readonly (string | number)[]): TextPosition | undefined;
}

type Yaml = typeof import('yaml');

/** Of collections in each other. */
const maxDepth = 32;

/**
 * Reads a configuration written as YAML 1.2 or JSON. What makes a configuration mean something else than it seems to is
 * refused: duplicate keys, anchors, aliases, merge keys, tags, directives, several documents.
 *
 * @throws KeywardError `config`, its message beginning with `fileName:line:column`.
 */
export async function parseYamlConfig(text: string, fileName: string): Promise<YamlConfig> {
  const { yaml, lines, documents } = await readYamlDocuments(text, fileName);
  const [document, extra] = documents;
  if (document === undefined) return { data: null, locate: () => undefined };
  if (extra !== undefined) throw refusal(fileName, lines, extra.range[0], 'a second document begins here; write one');
  return { data: document.toJS(), locate: (keyPath) => locate(yaml, document, lines, keyPath) };
}

export interface YamlDocuments {
  readonly yaml: Yaml;
  readonly lines: LineCounter;
  readonly documents: readonly Document.Parsed[];
}

/**
 * The documents of a YAML 1.2 stream, each without anything that makes it mean something else than it seems to.
 *
 * @throws as `parseYamlConfig`.
 */
export async function readYamlDocuments(text: string, fileName: string): Promise<YamlDocuments> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const fail = (offset: number, problem: string): never => {
    throw refusal(fileName, lines, offset, problem);
  };
  const documents = parseAll(yaml, lines, text, fileName);
  for (const document of documents) {
    const error = document.errors[0] ?? document.warnings[0];
    if (error !== undefined) fail(error.pos[0], describe(error));
    if (document.directives.yaml.explicit === true) fail(0, 'directives such as %YAML are not allowed');
    refuseSurprises(yaml, document, fail);
  }
  return { yaml, lines, documents };
}

function parseAll(yaml: Yaml, lines: LineCounter, text: string, fileName: string): readonly Document.Parsed[] {
  try {
    // An empty stream answers an empty list with properties of its own.
    return [
      ...yaml.parseAllDocuments(text, {
        lineCounter: lines,
        version: '1.2',
        schema: 'core',
        stringKeys: true,
        // Looked for below, in time that does not grow with the square of the keys.
        uniqueKeys: false,
        logLevel: 'silent',
      }),
    ];
  } catch (cause) {
    throw new KeywardError('config', `${fileName}: nested too deeply, or not YAML at all`, { store: fileName, cause });
  }
}

function refusal(fileName: string, lines: LineCounter, offset: number, problem: string): KeywardError {
  const { line, column } = positionAt(lines, offset);
  return new KeywardError('config', `${fileName}:${line}:${column}: ${problem}`, { store: fileName });
}

function refuseSurprises(yaml: Yaml, document: Document.Parsed, fail: (offset: number, problem: string) => never) {
  yaml.visit(document, {
    Alias: (_, node) => fail(startOf(node), 'aliases (*name) are not allowed; write the value out'),
    Pair: (_, pair) => {
      const key = yaml.isScalar(pair.key) ? pair.key : undefined;
      if (key?.value === '<<') fail(startOf(key), 'merge keys (<<) are not allowed; write the keys out');
    },
    Node: (_, node, ancestors) => {
      const start = startOf(node);
      if ('anchor' in node && node.anchor !== undefined) fail(start, 'anchors (&name) are not allowed');
      if (node.tag !== undefined) fail(start, 'tags (!name) are not allowed');
      if (ancestors.filter(yaml.isCollection).length > maxDepth) fail(start, `nested deeper than ${maxDepth} levels`);
      if (!yaml.isMap(node)) return;
      const seen = new Set<unknown>();
      for (const { key } of node.items) {
        const name = yaml.isScalar(key) ? key.value : key;
        if (seen.has(name)) fail(startOf(key), 'this key stands here a second time');
        seen.add(name);
      }
    },
  });
}

function locate(
  yaml: Yaml,
  document: Document.Parsed,
  lines: LineCounter,
  keyPath: readonly (string | number)[],
): TextPosition {
  let node: unknown = document.contents;
  let offset = startOf(document.contents);
  for (const key of keyPath) {
    if (yaml.isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => yaml.isScalar(item.key) && item.key.value === String(key),
      );
      if (pair === undefined) break;
      offset = startOf(pair.key);
      node = pair.value;
    } else if (yaml.isSeq(node) && typeof key === 'number' && key in node.items) {
      node = node.items[key];
      offset = startOf(node);
    } else {
      break;
    }
  }
  return positionAt(lines, offset);
}

export function startOf(node: unknown): number {
  const range = (node as Partial<Node> | null)?.range;
  return range?.[0] ?? 0;
}

export function positionAt(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

const problems: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'aliases (*name) are not allowed; write the value out',
  BAD_DIRECTIVE: 'directives such as %YAML are not allowed',
  BAD_DQ_ESCAPE: 'this escape is not known; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon in one line; put the value in quotes',
  MISSING_CHAR: 'a closing quote, a comma or a colon is missing',
  NON_STRING_KEY: 'a key must be a text',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not allowed',
  UNEXPECTED_TOKEN: 'this does not belong here',
};

/** In our words: the library's quote their input. */
function describe(error: YAMLError): string {
  return problems[error.code] ?? 'this is not valid YAML';
}
