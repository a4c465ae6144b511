import { join } from 'node:path';
import { isSystemName, isValidEnvironmentName } from '../../core/environment-names.js';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Inventory, InventoryEntry } from '../../core/inventory.js';
import { Secret } from '../../core/secret.js';
import { isSensitiveName } from '../../core/sensitive-names.js';
import { parseDotenv } from '../../formats/dotenv.js';
import type { TextNode } from '../../formats/text-tree.js';
import { parseYamlTrees } from '../../formats/yaml-tree.js';
import { mayHoldUsages, namesRead } from '../transfer/find-usages.js';
import { sourceText } from '../transfer/follow-up.js';
import { guessTarget } from '../transfer/guess-target.js';
import { planImport } from '../transfer/import-plan.js';
import { projectFiles } from '../transfer/project-files.js';
import { exampleFile } from './example-file.js';

/** What a project seems to need of its environment. */
export interface InventoryDraft {
  /** What the inventory lacks. */
  readonly entries: readonly InventoryEntry[];
  /** Names that are read and do not look like secrets. */
  readonly leftOut: readonly string[];
  /** Names that do not go together, and files that could not be read. */
  readonly findings: readonly Finding[];
  /** Whether the project has more files than were looked at. */
  readonly isCut: boolean;
}

interface WantedName {
  readonly name: string;
  /** The file that asks for it, relative to the project. */
  readonly where: string;
  /** Whether that file says that it is a secret. */
  readonly isSecret: boolean;
}

/**
 * Entries for the names that a project takes from the environment and its inventory lacks: those of `.env.example` without
 * a value, of the `environment:` of Compose files and the `secretKeyRef` of Kubernetes manifests, and those that code
 * reads, as far as they are called like secrets or belong to something known, such as a database. Changes nothing.
 *
 * @param folder of the project.
 */
export async function draftInventory(folder: string, inventory: Inventory): Promise<InventoryDraft> {
  const { files, isCut } = await projectFiles(folder);
  const findings: Finding[] = [];
  const wanted: WantedName[] = [];
  for (const file of files) {
    if (file !== exampleFile && !mayHoldUsages(file)) continue;
    const text = await sourceText(join(folder, file));
    wanted.push(...(file === exampleFile ? namesOfExample(text) : await namesOfFile(file, text, findings)));
  }
  const usable = wanted.filter(({ name }) => isValidEnvironmentName(name) && !isSystemName(name));
  const names = [...new Set(usable.map(({ name }) => name))];
  const secret = new Set(usable.filter(({ isSecret }) => isSecret).map(({ name }) => name));
  const looksSecret = (name: string) =>
    secret.has(name) || isSensitiveName(name) || !guessTarget(name, names).path.startsWith('app/');
  const nothing = Secret.fromText('');
  const pairs = usable
    .filter(({ name }) => looksSecret(name))
    .map(({ name, where }) => ({ name, where, value: nothing }));
  const plan = planImport(pairs, { inventory });
  return {
    entries: plan.entries,
    leftOut: names.filter((name) => !looksSecret(name)).sort(),
    findings: [...findings, ...plan.problems],
    isCut,
  };
}

function namesOfExample(text: string): readonly WantedName[] {
  return parseDotenv(text).entries.map(({ name, value, line }) => ({
    name,
    where: `${exampleFile}:${line}`,
    isSecret: value === '',
  }));
}

async function namesOfFile(file: string, text: string, findings: Finding[]): Promise<readonly WantedName[]> {
  const read = namesRead(file, text).map((name) => ({ name, where: file, isSecret: false }));
  if (!/\.ya?ml$/.test(file) || !/\benvironment\s*:|\bsecretKeyRef\s*:/.test(text)) return read;
  try {
    const trees = await parseYamlTrees(text, file);
    return [...read, ...trees.flatMap((tree) => namesOfTree(tree, file))];
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    const fix = 'List by hand what it takes from the environment.';
    findings.push({ severity: 'warning', where: file, cause: error.message, fix });
    return read;
  }
}

function namesOfTree(node: TextNode, where: string): readonly WantedName[] {
  if (node.kind === 'list') return node.items.flatMap((item) => namesOfTree(item, where));
  if (node.kind !== 'map') return [];
  const { members } = node;
  const name = members.get('name');
  const from = members.get('valueFrom');
  const isSecret = from?.kind === 'map' && from.members.has('secretKeyRef');
  return [
    ...(name?.kind === 'text' && isSecret ? [{ name: name.text, where, isSecret }] : []),
    ...namesOfCompose(members.get('environment')).map((one) => ({ name: one, where, isSecret: false })),
    ...[...members.values()].flatMap((member) => namesOfTree(member, where)),
  ];
}

/** `NAME: value`, or `- NAME=value` and `- NAME`. */
function namesOfCompose(node: TextNode | undefined): readonly string[] {
  if (node?.kind === 'map') return [...node.members.keys()];
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item) => (item.kind === 'text' ? (item.text.split('=', 1)[0] ?? []) : []));
}
