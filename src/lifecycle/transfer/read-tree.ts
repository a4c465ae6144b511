import { isValidEnvironmentName } from '../../core/environment-names.js';
import { isKeywardError } from '../../core/errors.js';
import { type Directory, joinPath, type Path } from '../../core/path.js';
import { formatRef, parseField } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import { refusalAt, type TextNode } from '../../formats/text-tree.js';
import type { ImportPair } from './import-plan.js';
import type { SourceContent } from './import-source.js';

/**
 * The values of a JSON or YAML document. A value at the top whose key is an environment name is a variable; every other
 * lies at the path that the keys make (a key may hold several segments). A mapping of values below the top is a document
 * with these fields.
 *
 * @throws KeywardError `invalid` with file, line and column, for lists, null, and keys that make no path.
 */
export function readTree(nodes: readonly TextNode[], fileName: string): SourceContent {
  return { pairs: nodes.flatMap((node) => topPairs(node, fileName)), findings: [] };
}

function topPairs(node: TextNode, fileName: string): readonly ImportPair[] {
  if (node.kind !== 'map') throw refusalAt(fileName, node.place, 'expected names with their values');
  return [...node.members].flatMap(([key, member]) => {
    if (member.kind !== 'map' && isValidEnvironmentName(key)) return [{ name: key, ...scalarOf(member, fileName) }];
    return pairsAt('', key, member, fileName);
  });
}

function pairsAt(above: Directory, key: string, node: TextNode, fileName: string): readonly ImportPair[] {
  const path = checked(node, fileName, () => joinPath(above, key));
  if (node.kind !== 'map') return [{ name: formatRef({ path }), place: { path }, ...scalarOf(node, fileName) }];
  const members = [...node.members];
  if (members.some(([, member]) => member.kind === 'map')) {
    return members.flatMap(([name, member]) => pairsAt(path, name, member, fileName));
  }
  return members.map(([name, member]) => {
    const place = { path, field: checked(member, fileName, () => parseField(name)) };
    return { name: formatRef(place), place, ...scalarOf(member, fileName) };
  });
}

function scalarOf(node: TextNode, fileName: string): Pick<ImportPair, 'value' | 'where'> {
  if (node.kind === 'map' || node.kind === 'list') {
    throw refusalAt(fileName, node.place, 'a list is no value; write it as a text');
  }
  if (node.kind === 'null') throw refusalAt(fileName, node.place, 'there is no value here; an empty one is ""');
  return { value: Secret.fromText(node.text), where: `${fileName}:${node.place.line}` };
}

function checked<T extends Path | string>(node: TextNode, fileName: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    throw refusalAt(fileName, node.place, error.message);
  }
}
