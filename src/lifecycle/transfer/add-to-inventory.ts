import { isDeepStrictEqual } from 'node:util';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { InventoryEntry } from '../../core/inventory.js';
import { parseYamlConfig } from '../../formats/yaml.js';
import { entryYaml, inventoryYaml } from './inventory-yaml.js';

type Data = Readonly<Record<string, unknown>>;

/**
 * The text of a `keyward.yaml` with the entries added at the end of its `secrets:` block, which is made when there is
 * none. Every other character stays as it is. The result is read back, and refused unless exactly the entries were
 * added.
 *
 * @param fileName for messages.
 * @throws KeywardError `config` when the text is no configuration, lists one of the paths already, or is written in a
 * way that cannot be extended line by line (JSON, a `secrets:` in braces); the advice holds what to write by hand.
 */
export async function addToInventory(
  text: string,
  entries: readonly InventoryEntry[],
  fileName: string,
): Promise<string> {
  if (entries.length === 0) return text;
  const refuse = (problem: string, advised: readonly InventoryEntry[]) =>
    new KeywardError('config', problem, {
      store: fileName,
      advice: `In its \`secrets:\` part, write by hand: ${advised.map(entryYaml).join(' · ')}`,
    });

  const config = await parseYamlConfig(text, fileName);
  const before = mappingOf(config.data);
  const secrets = before && mappingOf(before['secrets']);
  if (before === undefined || secrets === undefined) throw refuse(`${fileName} has no mapping to add to`, entries);
  const listed = entries.filter((entry) => Object.hasOwn(secrets, entry.path));
  const [first] = listed;
  if (first !== undefined) {
    const line = config.locate(['secrets', first.path])?.line;
    const paths = listed.map((entry) => entry.path).join(', ');
    throw refuse(`${fileName}:${line} lists this already and has to be changed: ${paths}`, listed);
  }

  const header = Object.hasOwn(before, 'secrets') ? config.locate(['secrets'])?.line : undefined;
  const edited = header === undefined ? append(text, entries) : insert(text, header - 1, entries);
  const added = mappingOf(mappingOf((await parseYamlConfig(inventoryYaml(entries), fileName)).data)?.['secrets']);
  const wanted = { ...before, secrets: { ...secrets, ...added } };
  if (edited === undefined || !isDeepStrictEqual(await dataOf(edited, fileName), wanted)) {
    throw refuse(`${fileName} cannot be extended safely as it is written`, entries);
  }
  return edited;
}

/** An absent or empty part counts as an empty mapping. */
function mappingOf(data: unknown): Data | undefined {
  if (data === undefined || data === null) return {};
  return typeof data === 'object' && !Array.isArray(data) ? { ...data } : undefined;
}

async function dataOf(text: string, fileName: string): Promise<unknown> {
  try {
    return (await parseYamlConfig(text, fileName)).data;
  } catch (error) {
    if (isKeywardError(error, 'config')) return undefined;
    throw error;
  }
}

function append(text: string, entries: readonly InventoryEntry[]): string {
  const eol = endOfLine(text);
  const block = inventoryYaml(entries).replaceAll('\n', eol);
  if (text.trim() === '') return text + block;
  return `${text}${text.endsWith('\n') ? '' : eol}${eol}${block}`;
}

/** @param header index of the line with the key `secrets`. */
function insert(text: string, header: number, entries: readonly InventoryEntry[]): string | undefined {
  const eol = endOfLine(text);
  const lines = text.split(eol);
  const [, key, comment = ''] =
    /^((?:secrets|"secrets"|'secrets')\s*:)(?:\s*\{\s*\})?(\s*|\s+#.*)$/.exec(lines[header] ?? '') ?? [];
  if (key === undefined) return undefined;
  const end = lines.findIndex((line, index) => index > header && /^[^\s#]/.test(line));
  const block = lines.slice(header + 1, end < 0 ? undefined : end);
  const indent = /^ +/.exec(block.find((line) => /^ +[^ #]/.test(line)) ?? '')?.[0] ?? '  ';
  const last = header + 1 + block.findLastIndex((line) => /^ +\S/.test(line));
  const added = entries.map((entry) => indent + entryYaml(entry));
  return [
    ...lines.slice(0, header),
    key + comment,
    ...lines.slice(header + 1, last + 1),
    ...added,
    ...lines.slice(last + 1),
  ].join(eol);
}

function endOfLine(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
