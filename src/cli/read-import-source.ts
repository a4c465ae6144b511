import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { sealedFileId } from '../core/sealed-document.js';
import { Secret } from '../core/secret.js';
import { assertNoErrors, parseDotenv } from '../formats/dotenv.js';
import { parseJsonTree } from '../formats/json-tree.js';
import { isKubernetesObject } from '../formats/kubernetes-secret.js';
import type { TextNode } from '../formats/text-tree.js';
import { parseYamlTrees } from '../formats/yaml-tree.js';
import { errnoOf, fileError } from '../host/file-error.js';
import { readTextFile, textOf } from '../host/plain-file.js';
import type { ImportSource, SourceContent } from '../lifecycle/transfer/import-source.js';
import { readFolder } from '../lifecycle/transfer/read-folder.js';
import { readKubernetes } from '../lifecycle/transfer/read-kubernetes.js';
import { readTree } from '../lifecycle/transfer/read-tree.js';
import { flagOption, type Invocation, type OptionSpec, textOption } from './command.js';
import { readStandardInput } from './standard-input.js';

const maxFileBytes = 4 * 1024 * 1024;
const formats = ['dotenv', 'json', 'yaml', 'kubernetes', 'dir'] as const;

type Format = (typeof formats)[number];

/** How the source is read, for the commands that read one. */
export const sourceOptions: readonly OptionSpec[] = [
  { flags: '--format <format>', description: `${formats.join(', ')}; else the name and the content decide` },
  { flags: '--exact', description: 'keep a final newline of files in a folder' },
];

/** What a source is called that is piped in, so that no value of it touches a disk. */
export const pipedSource = '-';

/** The source for messages. */
export function shownSource(name: string): string {
  return name === pipedSource ? 'standard input' : name;
}

/**
 * The values of an environment file, a JSON or YAML file, a file of Kubernetes Secrets, a folder of secrets or standard
 * input, with what a person should know about them said as findings.
 *
 * @param name of the file or folder, or `pipedSource`.
 * @param isSilent says none of that: it was said before.
 * @throws KeywardError `config` when there is no such file, `invalid` with line and column when it cannot be read.
 */
export async function readImportSource(
  invocation: Invocation,
  name: string,
  { isSilent = false }: { readonly isSilent?: boolean } = {},
): Promise<ImportSource> {
  const forced = formatOption(invocation);
  const source = name === pipedSource ? await readPiped(invocation, forced) : await readPlace(invocation, name, forced);
  if (!isSilent) for (const finding of source.findings) invocation.output.finding(finding);
  return source;
}

async function readPiped({ io }: Invocation, forced: Format | undefined): Promise<ImportSource> {
  if (forced === 'dir') throw new KeywardError('invalid', 'standard input is no folder');
  const shown = shownSource(pipedSource);
  const text = textOf(await readStandardInput(io, maxFileBytes), shown);
  return { ...(await readText(text, shown, forced ?? formatOf('', text), forced)), files: [] };
}

async function readPlace(invocation: Invocation, name: string, forced: Format | undefined): Promise<ImportSource> {
  const path = resolve(invocation.io.cwd, name);
  const isFolder = await isDirectory(path);
  if (forced !== undefined && isFolder !== (forced === 'dir')) {
    throw new KeywardError('invalid', `${name} is ${isFolder ? 'a folder' : 'no folder'}`, { store: name });
  }
  const source = isFolder
    ? await readFolder(path, { shownAs: name, exact: flagOption(invocation, 'exact') })
    : { ...(await readFileSource(path, name, forced)), files: [path] };
  if (isFolder && source.files.length === 0) {
    throw new KeywardError('invalid', `the folder ${name} holds no file with a secret`, {
      store: name,
      advice: 'Name a folder with one file for each secret, or a file.',
    });
  }
  return source;
}

function formatOption(invocation: Invocation): Format | undefined {
  const given = textOption(invocation, 'format');
  const format = formats.find((known) => known === given);
  if (given === undefined || format !== undefined) return format;
  throw new KeywardError('invalid', 'there is no such format', {
    advice: `Use one of ${formats.join(', ')}.`,
  });
}

async function readFileSource(path: string, name: string, forced: Format | undefined): Promise<SourceContent> {
  const text = await readTextFile(path, { maxBytes: maxFileBytes });
  if (text === undefined) {
    throw new KeywardError('config', `there is no file ${name}`, {
      store: name,
      advice: 'Name another one, or - for standard input.',
    });
  }
  return readText(text, name, forced ?? formatOf(path, text), forced);
}

async function readText(
  text: string,
  name: string,
  format: Format,
  forced: Format | undefined,
): Promise<SourceContent> {
  if (sealedFileId(text) !== undefined) {
    throw new KeywardError('invalid', `${name} is a sealed file already`, {
      store: name,
      advice: `Its values are shown by: keyward unseal ${name}`,
    });
  }
  if (format === 'dotenv') return readDotenv(text, name);
  const nodes = isJson(text, format) ? [parseJsonTree(text, name)] : await parseYamlTrees(text, name);
  return format === 'kubernetes' || areObjects(nodes, forced) ? readKubernetes(nodes, name) : readTree(nodes, name);
}

/** The ending of the name decides where there is one that says it, else whether the content begins as JSON does. */
function formatOf(path: string, text: string): Format {
  const ending = extname(basename(path)).toLowerCase();
  if (ending === '.json') return 'json';
  if (ending === '.yaml' || ending === '.yml') return 'yaml';
  return /^\uFEFF?\s*\{/.test(text) ? 'json' : 'dotenv';
}

function isJson(text: string, format: Format): boolean {
  return format === 'json' || (format === 'kubernetes' && /^\uFEFF?\s*\{/.test(text));
}

function areObjects(nodes: readonly TextNode[], forced: Format | undefined): boolean {
  return forced === undefined && nodes.length > 0 && nodes.every(isKubernetesObject);
}

function readDotenv(text: string, name: string): SourceContent {
  const dotenv = parseDotenv(text);
  assertNoErrors(dotenv, name);
  return {
    pairs: dotenv.entries.map(({ name: key, value, line }) => ({
      name: key,
      value: Secret.fromText(value),
      where: `${name}:${line}`,
    })),
    findings: dotenv.problems.map(({ line, column, problem }) => ({
      severity: 'warning',
      where: `${name}:${line}:${column}`,
      cause: problem,
      fix: 'Check that the imported value is the one you mean.',
    })),
  };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw fileError(error, 'read', path);
  }
}
