import { resolve } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { isReference, type ReferenceVariable, referenceScheme } from '../../core/reference.js';
import { assertNoErrors, type Dotenv, parseDotenv } from '../../formats/dotenv.js';
import { stat } from '../../host/file-calls.js';
import { fileError } from '../../host/file-error.js';
import { readTextFile } from '../../host/plain-file.js';
import { isBelowFolder, realPath } from '../../host/real-path.js';
import { shellQuoted } from '../../host/trusted-route.js';

export interface DotenvFilesOptions {
  /** The project's folder; the names of files are relative to it. */
  readonly folder: string;
  /** Adds `.env.<environment>` to the default files. */
  readonly environment?: string | undefined;
  readonly isProduction: boolean;
  /** Reads the files in production too. */
  readonly allowInProduction?: boolean | undefined;
  /**
   * In this order, a later file wins over an earlier one; each must exist. By default `.env`, `.env.local` and
   * `.env.<environment>`, as far as they exist; those must not lead outside the folder, since nobody agreed to that.
   */
  readonly files?: readonly string[] | undefined;
}

export interface DotenvFile {
  readonly path: string;
  readonly content: Dotenv;
}

const maxFileBytes = 1024 * 1024;

const whyNotInProduction = [
  'they are often committed to version control by mistake',
  'what they hold is visible in process listings',
  'it is logged when applications start',
  'every process on the same machine can read it',
  'it is difficult to rotate without downtime',
];

/**
 * The files that exist, in order.
 *
 * @throws KeywardError `config` in production unless allowed, for a listed file that does not exist, and for a default
 * file that leads outside the folder; `invalid` with file, line and column for a file with errors.
 */
export async function readDotenvFiles(options: DotenvFilesOptions): Promise<readonly DotenvFile[]> {
  if (isRefused(options)) {
    throw new KeywardError('config', `.env files are not read in production: ${whyNotInProduction.join('; ')}`, {
      advice:
        'Move the secrets to a managed store with `keyward import .env`, or set `allowInProduction: true` for this provider.',
    });
  }
  return (await readTexts(options)).map(parseFile);
}

/**
 * The variables that these files set to references, by name; the last setting counts. Files without any reference may
 * hold what no other reading accepts, and where `.env` files are not read at all there is none.
 *
 * @throws as `readDotenvFiles`
 */
export async function referencesIn(options: DotenvFilesOptions): Promise<ReadonlyMap<string, ReferenceVariable>> {
  const references = new Map<string, ReferenceVariable>();
  const texts = isRefused(options) ? [] : await readTexts(options);
  if (!texts.some(({ text }) => text.toLowerCase().includes(referenceScheme))) return references;
  for (const { path, content } of texts.map(parseFile)) {
    for (const { name, value, line } of content.entries) {
      if (isReference(value)) references.set(name, { value, where: `${path}:${line}` });
      else references.delete(name);
    }
  }
  return references;
}

interface DotenvText {
  readonly path: string;
  readonly text: string;
}

function isRefused({ isProduction, allowInProduction }: DotenvFilesOptions): boolean {
  return isProduction && allowInProduction !== true;
}

function parseFile({ path, text }: DotenvText): DotenvFile {
  const content = parseDotenv(text);
  assertNoErrors(content, path);
  return { path, content };
}

async function readTexts(options: DotenvFilesOptions): Promise<readonly DotenvText[]> {
  const found: DotenvText[] = [];
  for (const path of dotenvPaths(options)) {
    const place = options.files === undefined ? await placeInside(options.folder, path) : path;
    const text = place === undefined ? undefined : await readTextFile(place, { maxBytes: maxFileBytes });
    if (text !== undefined) {
      found.push({ path, text });
    } else if (options.files !== undefined) {
      throw new KeywardError('config', `there is no file ${path}`, {
        store: path,
        advice: 'Create it, or take it out of `files:` in keyward.yaml.',
      });
    }
  }
  return found;
}

/** Lines that other tools read differently, and files that others can read. @throws as `readDotenvFiles` */
export async function findingsIn(options: DotenvFilesOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, content } of await readDotenvFiles(options)) {
    for (const { line, column, problem } of content.problems) {
      const fix = 'Put the value in single quotes.';
      findings.push({ severity: 'warning', where: `${path}:${line}:${column}`, cause: problem, fix });
    }
    const { mode } = await stat(path).catch((error: unknown) => {
      throw fileError(error, 'read', path);
    });
    if ((mode & 0o077) !== 0) {
      const fix = `Run: chmod 600 ${shellQuoted(path)}`;
      findings.push({ severity: 'warning', where: path, cause: 'other users of this machine can read it', fix });
    }
    if (options.isProduction) {
      const fix = 'Move the secrets to a managed store with `keyward import`.';
      findings.push({ severity: 'warning', where: path, cause: 'a .env file serves secrets in production', fix });
    }
  }
  return findings;
}

/** Where the files lie, whether they exist or not. */
export function dotenvPaths({ folder, environment, files }: DotenvFilesOptions): readonly string[] {
  const names = files ?? ['.env', '.env.local', ...(environment === undefined ? [] : [`.env.${environment}`])];
  return names.map((name) => resolve(folder, name));
}

/** Where the file really lies, so that a link changed meanwhile is not followed; `undefined` when it does not exist. */
async function placeInside(folder: string, path: string): Promise<string | undefined> {
  const place = await realPath(path);
  if (place === undefined || (await isBelowFolder(place, folder))) return place;
  throw new KeywardError('config', `${path} is a link that leads outside of ${folder}`, {
    store: path,
    advice: 'Put the file itself there; or list it under `files:` in keyward.yaml, and agree with `keyward trust`.',
  });
}
