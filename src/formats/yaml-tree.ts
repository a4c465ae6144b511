import type { LineCounter, Node } from 'yaml';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { refusalAt, type TextNode } from './text-tree.js';
import { positionAt, readYamlDocuments, startOf } from './yaml.js';

type Yaml = typeof import('yaml');

/**
 * Reads the documents of a YAML 1.2 file; empty ones are left out. Numbers and booleans keep the text that they are
 * written with. What makes a document mean something else than it seems to is refused, as in a configuration.
 *
 * @throws KeywardError `invalid` with file, line and column.
 */
export async function parseYamlTrees(text: string, fileName: string): Promise<readonly TextNode[]> {
  const { yaml, lines, documents } = await readYamlDocuments(text, fileName).catch((error: unknown) => {
    if (!isKeywardError(error, 'config')) throw error;
    throw new KeywardError('invalid', error.message, {
      store: fileName,
      advice: 'Correct this place; nothing of the file was used.',
    });
  });
  return documents.flatMap(({ contents }) => (contents === null ? [] : [readNode(yaml, lines, contents, fileName)]));
}

function readNode(yaml: Yaml, lines: LineCounter, node: Node | null, fileName: string): TextNode {
  const place = positionAt(lines, startOf(node));
  if (yaml.isMap<Node, Node | null>(node)) {
    const members = node.items.map(({ key, value }): readonly [string, TextNode] => {
      const keyPlace = positionAt(lines, startOf(key));
      if (!yaml.isScalar(key) || typeof key.value !== 'string')
        throw refusalAt(fileName, keyPlace, 'a key must be a text');
      // An absent value has no place of its own.
      return [
        key.value,
        value === null ? { kind: 'null', place: keyPlace, text: '' } : readNode(yaml, lines, value, fileName),
      ];
    });
    return { kind: 'map', place, members: new Map(members) };
  }
  if (yaml.isSeq<Node | null>(node)) {
    return { kind: 'list', place, items: node.items.map((item) => readNode(yaml, lines, item, fileName)) };
  }
  if (!yaml.isScalar(node) || node.value === null) return { kind: 'null', place, text: '' };
  if (typeof node.value !== 'string') return { kind: 'other', place, text: node.source ?? '' };
  if (!node.value.isWellFormed()) throw refusalAt(fileName, place, 'half of a surrogate pair');
  return { kind: 'text', place, text: node.value };
}
