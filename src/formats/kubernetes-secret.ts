import { quoted } from '../core/path.js';
import { isUtf8 } from '../core/payload.js';
import { type MapNode, refusalAt, type TextNode, type TextPlace } from './text-tree.js';

export interface KubernetesValue {
  /** Of the Secret that it is a part of. */
  readonly secret: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly place: TextPlace;
  /** It is one line that ends with a newline, as `echo` without `-n` makes it. */
  readonly hasEchoNewline: boolean;
}

export interface KubernetesSecrets {
  readonly values: readonly KubernetesValue[];
  /** What else is in the file: the kind of each object that is no Secret. */
  readonly others: readonly { readonly kind: string; readonly place: TextPlace }[];
}

/** Whether the document is an object of the Kubernetes API, or a list of such. */
export function isKubernetesObject(node: TextNode): node is MapNode {
  return textOf(node, 'apiVersion') !== undefined && textOf(node, 'kind') !== undefined;
}

/**
 * The values of the Secrets among the objects, `stringData` over `data` as the API server does it.
 *
 * Format: the Secret of the core/v1 API; base64 of RFC 4648 with padding, in which line ends are skipped.
 *
 * @throws KeywardError `invalid` with file, line and column, for base64 that is not canonical, values that are no text,
 * and kinds whose values are encrypted.
 */
export function readKubernetesSecrets(nodes: readonly TextNode[], fileName: string): KubernetesSecrets {
  const values: KubernetesValue[] = [];
  const others: { kind: string; place: TextPlace }[] = [];
  for (const object of nodes.flatMap((node) => objectsOf(node, fileName))) {
    const kind = textOf(object, 'kind') ?? '';
    if (kind === 'Secret') values.push(...valuesOf(object, fileName));
    else if (kind === 'SealedSecret') {
      throw refusalAt(fileName, object.place, 'a SealedSecret holds no readable value; export the Secret it makes');
    } else others.push({ kind, place: object.place });
  }
  return { values, others };
}

function objectsOf(node: TextNode, fileName: string): readonly MapNode[] {
  if (!isKubernetesObject(node)) throw refusalAt(fileName, node.place, 'this is no object of the Kubernetes API');
  const items = node.members.get('items');
  if (!/List$/.test(textOf(node, 'kind') ?? '')) return [node];
  if (items?.kind !== 'list') throw refusalAt(fileName, node.place, 'this list has no items');
  return items.items.flatMap((item) => objectsOf(item, fileName));
}

function valuesOf(object: MapNode, fileName: string): readonly KubernetesValue[] {
  const metadata = object.members.get('metadata');
  const secret = metadata && textOf(metadata, 'name');
  if (secret === undefined) throw refusalAt(fileName, object.place, 'this Secret has no metadata.name');
  const byKey = new Map<string, KubernetesValue>();
  for (const [part, decode] of [
    ['data', decodeBase64],
    ['stringData', encodeText],
  ] as const) {
    for (const [key, node] of membersOf(object.members.get(part), fileName, part)) {
      if (node.kind !== 'text') throw refusalAt(fileName, node.place, `the value of ${quoted(key)} is no text`);
      const bytes = decode(node.text);
      if (bytes === undefined) throw refusalAt(fileName, node.place, `the value of ${quoted(key)} is not base64`);
      byKey.set(key, { secret, key, bytes, place: node.place, hasEchoNewline: isEchoed(bytes) });
    }
  }
  return [...byKey.values()];
}

function membersOf(node: TextNode | undefined, fileName: string, part: string): ReadonlyMap<string, TextNode> {
  if (node === undefined || node.kind === 'null') return new Map();
  if (node.kind === 'map') return node.members;
  throw refusalAt(fileName, node.place, `${part} is no mapping`);
}

function textOf(node: TextNode, key: string): string | undefined {
  const member = node.kind === 'map' ? node.members.get(key) : undefined;
  return member?.kind === 'text' ? member.text : undefined;
}

const encodeText = (text: string): Uint8Array | undefined => new TextEncoder().encode(text);

function decodeBase64(text: string): Uint8Array | undefined {
  const encoded = text.replaceAll(/[\r\n]/g, '');
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? Uint8Array.from(bytes) : undefined;
}

function isEchoed(bytes: Uint8Array): boolean {
  const lineFeed = 0x0a;
  return bytes.length > 1 && bytes.indexOf(lineFeed) === bytes.length - 1 && isUtf8(bytes);
}
